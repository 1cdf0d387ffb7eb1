import { expect, test } from "vitest";
import { KnownFact, type NewFact } from "@/shared/contract/facts.ts";
import { type BootPlan, stepBootPlan } from "./boot_plan.ts";
import { bootPlanFor } from "./boot_plans.ts";

const START_MS = Date.parse("2026-01-01T00:00:00.000Z");

/** Facts one second apart, from START_MS on. */
function facts(...told: NewFact[]): KnownFact[] {
  return told.map((fact, i) =>
    KnownFact.parse({
      ...fact,
      seq: i + 1,
      at: new Date(START_MS + i * 1000).toISOString(),
      monoMs: i * 1000,
    })
  );
}

const started: NewFact = { kind: "operation.started", operationKind: "deploy" };
const ordered: NewFact = { kind: "power.ordered", phase: "network boot", order: "network_boot" };
const powered: NewFact = {
  kind: "power.done",
  phase: "network boot",
  order: "network_boot",
  state: "on",
};
const askedNetwork: NewFact = { kind: "boot.asked", answer: "ephemeral", ipv4: "192.0.2.9" };
const installed: NewFact = { kind: "install.reported", ok: true };
const askedDisk: NewFact = { kind: "boot.asked", answer: "local_disk", ipv4: "192.0.2.9" };
const reported: NewFact = { kind: "system.reported", ok: true };

const deploy = planOf("deploy");

function planOf(kind: Parameters<typeof bootPlanFor>[0], hasBmc = true): BootPlan {
  const plan = bootPlanFor(kind, { hasBmc });
  if (!plan) throw new Error(`${kind} has no plan`);
  return plan;
}

function at(seconds: number): number {
  return START_MS + seconds * 1000;
}

test("a deploy goes through its phases as the facts come in", () => {
  const told = [started, ordered, powered, askedNetwork, installed, askedDisk, reported];
  const phases = told.map((_, i) => {
    const step = stepBootPlan(deploy, facts(...told.slice(0, i + 1)), at(i));
    return `${step.phase.name}: ${step.phase.boot}, ${step.outcome.kind}`;
  });
  expect(phases).toEqual([
    "network boot: ephemeral, running",
    "network boot: ephemeral, running",
    "network boot: ephemeral, running",
    "install: ephemeral, running",
    "first boot: local_disk, running",
    "first boot: local_disk, running",
    "first boot: local_disk, done",
  ]);
});

test("the power order is due until it is known to be done", () => {
  expect(stepBootPlan(deploy, facts(started), at(0)).dueOrder).toBe("network_boot");
  expect(stepBootPlan(deploy, facts(started, ordered), at(1)).dueOrder).toBe("network_boot");
  expect(stepBootPlan(deploy, facts(started, ordered, powered), at(2)).dueOrder).toBeUndefined();
});

test("a boot asked for before the power was cut does not count", () => {
  const step = stepBootPlan(deploy, facts(started, ordered, askedNetwork), at(3));
  expect(step.phase.name).toBe("network boot");
});

test("without a BMC nothing is ordered, and the boot itself is waited for", () => {
  const plan = planOf("deploy", false);
  expect(stepBootPlan(plan, facts(started), at(0)).dueOrder).toBeUndefined();
  expect(stepBootPlan(plan, facts(started, askedNetwork), at(1)).phase.name).toBe("install");
});

test("silence fails the phase, with the place where the machine is stuck", () => {
  const told = facts(started, ordered, powered);
  const limitSeconds = deploy.phases[0]?.limitSeconds ?? 0;
  expect(stepBootPlan(deploy, told, at(2 + limitSeconds) - 1).outcome.kind).toBe("running");
  const { outcome } = stepBootPlan(deploy, told, at(2 + limitSeconds));
  expect(outcome).toMatchObject({
    kind: "failed",
    failure: {
      code: "phase.timed_out",
      phase: "network boot",
      message: expect.stringContaining("never asked to boot from the network"),
    },
  });
});

test("any sign of life re-arms the phase's limit", () => {
  const limitSeconds = deploy.phases[0]?.limitSeconds ?? 0;
  const lease: NewFact = { kind: "lease.given", ipv4: "192.0.2.9", subnetId: 1 };
  const told = facts(started, ordered, powered, lease);
  expect(stepBootPlan(deploy, told, at(2 + limitSeconds)).outcome.kind).toBe("running");
  expect(stepBootPlan(deploy, told, at(3 + limitSeconds)).outcome.kind).toBe("failed");
});

test("signs of life do not outlast the operation's own deadline", () => {
  const lease: NewFact = { kind: "lease.given", ipv4: "192.0.2.9", subnetId: 1 };
  const late = facts(started, lease).map((fact, i) =>
    i === 1 ? { ...fact, at: new Date(at(deploy.deadlineSeconds - 1)).toISOString() } : fact
  );
  const { outcome } = stepBootPlan(deploy, late, at(deploy.deadlineSeconds));
  expect(outcome).toMatchObject({ failure: { code: "operation.deadline_passed" } });
});

test.each<[string, NewFact, string]>([
  ["a BMC that refuses", {
    kind: "power.failed",
    phase: "network boot",
    order: "network_boot",
    code: "bmc.wrong_password",
    message: "the BMC refused the password",
  }, "bmc.wrong_password"],
  [
    "a failed installation",
    { kind: "install.reported", ok: false, message: "disk full" },
    "install.failed",
  ],
  ["a failed first boot", { kind: "system.reported", ok: false }, "first_boot.failed"],
])("%s ends the plan with its reason", (_, fact, code) => {
  const { outcome } = stepBootPlan(deploy, facts(started, fact), at(1));
  expect(outcome).toMatchObject({ kind: "failed", failure: { code } });
  expect(outcome.kind === "failed" && outcome.failure.evidence.length).toBeGreaterThan(0);
});

test("the agent's own verdict wins over the clock", () => {
  const ended: NewFact = { kind: "operation.ended", outcome: "done" };
  const { outcome } = stepBootPlan(deploy, facts(started, ended), at(1_000_000));
  expect(outcome).toEqual({ kind: "done", atMs: at(1) });
});

test("release of a machine that is switched by hand has nothing to do", () => {
  expect(bootPlanFor("release", { hasBmc: false })).toBeUndefined();
});
