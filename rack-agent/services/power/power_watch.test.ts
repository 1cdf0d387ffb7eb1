import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { NewFact } from "@/shared/contract/facts.ts";
import { SiteState } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { summarizePower } from "./power_summary.ts";
import { PowerWatch } from "./power_watch.ts";

const FAULT = new DomainError({
  kind: "unavailable",
  code: "bmc.no_answer",
  message: "the BMC at 192.0.2.7 does not answer",
});

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

function siteOf(...names: string[]) {
  const machines = names.map((name) => ({
    systemId: name,
    hostname: name,
    architecture: "amd64",
    macs: [],
    reservations: [],
    boot: "local_disk",
    bmc: { kind: "ipmi", address: `bmc-${name}`, username: "admin", sealedPassword: "x" },
  }));
  return SiteState.parse({
    site: { id: "s-1", name: "one" },
    generation: 1,
    issuedAt: "2026-01-01T00:00:00Z",
    subnets: [],
    machines,
    operations: [],
    images: [],
    bootFiles: [],
  });
}

/** A watch whose BMCs answer from `answers`; all that happens is noted. */
function watchOver(answers: Record<string, "on" | "off" | DomainError>) {
  const asked: string[] = [];
  const facts: NewFact[] = [];
  const watch = new PowerWatch({
    clock: { nowMs: () => Date.now(), monoMs: () => Date.now() },
    log: () => undefined,
    poll: (machine) => {
      asked.push(machine.systemId);
      const answer = answers[machine.systemId] ?? "off";
      return answer instanceof DomainError ? Promise.reject(answer) : Promise.resolve(answer);
    },
    record: (fact) => facts.push(fact),
    chance: () => 0.5,
    close: () => Promise.resolve(),
  });
  return { watch, asked, facts, answers };
}

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

test("a machine's state is told once, and again when it changes", async () => {
  const { watch, facts, answers, asked } = watchOver({ one: "off" });
  await watch.start();
  watch.applyState(siteOf("one"));
  await seconds(100);
  expect(asked.length).toBe(4);
  expect(facts).toEqual([{ kind: "power.observed", systemId: "one", state: "off" }]);
  answers.one = "on";
  await seconds(30);
  expect(facts.at(-1)).toEqual({ kind: "power.observed", systemId: "one", state: "on" });
  expect(facts).toHaveLength(2);
  await watch.stop();
});

test("a BMC that falls silent makes the state unknown, with the reason, and is asked less", async () => {
  const { watch, facts, answers, asked } = watchOver({ one: "on", two: "off" });
  await watch.start();
  watch.applyState(siteOf("one", "two"));
  await seconds(1);
  answers.one = FAULT;
  await seconds(600);
  const { code, message } = FAULT;
  expect(facts.at(-1)).toMatchObject({ kind: "power.seen" });
  expect(facts.filter(({ kind }) => kind === "power.observed").at(-1)).toEqual({
    kind: "power.observed",
    systemId: "one",
    state: "unknown",
    code,
    message,
  });
  expect(asked.filter((systemId) => systemId === "one").length).toBeLessThan(8);
  expect(asked.filter((systemId) => systemId === "two").length).toBe(21); // nobody delays it
  const summary = summarizePower(watch.list(), Date.now());
  expect(summary).toMatchObject({ machines: 2, on: 0, off: 1, unknown: 1 });
  expect(summary.faults).toEqual([{ hostname: "one", code, message }]);
  await watch.stop();
});

test("that nothing has changed is told every ten minutes, in one fact", async () => {
  const { watch, facts } = watchOver({});
  await watch.start();
  watch.applyState(siteOf("one", "two", "three"));
  await seconds(601);
  const seen = facts.filter((fact) => fact.kind === "power.seen");
  expect(seen).toHaveLength(1);
  expect(seen[0]?.machines.map(({ systemId, state }) => [systemId, state])).toEqual([
    ["one", "off"],
    ["two", "off"],
    ["three", "off"],
  ]);
  expect(Date.parse(seen[0]?.machines[0]?.at ?? "")).toBeGreaterThan(Date.now() - 60_000);
  await watch.stop();
});

test("what an order saw is known at once and told by the order alone", async () => {
  const { watch, facts } = watchOver({ one: "off" });
  await watch.start();
  watch.applyState(siteOf("one"));
  await seconds(1);
  watch.noteOrder("one", "on");
  expect(watch.list()[0]).toMatchObject({ state: "on", atMs: Date.now() });
  expect(facts).toHaveLength(1);
  await watch.stop();
});

test("machines come and go with the site's state, and nothing is asked after stop()", async () => {
  const { watch, asked } = watchOver({});
  await watch.start();
  watch.applyState(siteOf("one", "two"));
  await seconds(1);
  watch.applyState(siteOf("two"));
  expect(watch.list().map(({ systemId }) => systemId)).toEqual(["two"]);
  asked.length = 0;
  await seconds(60);
  expect(new Set(asked)).toEqual(new Set(["two"]));
  await watch.stop();
  asked.length = 0;
  await seconds(600);
  expect(asked).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("other credentials are tried at once, however long the BMC was to be left alone", async () => {
  const refused = new DomainError({
    kind: "invalid_input",
    code: "bmc.wrong_password",
    message: "",
  });
  const { watch, asked, answers } = watchOver({ one: refused });
  await watch.start();
  const state = siteOf("one");
  watch.applyState(state);
  await seconds(3_600);
  expect(asked.length).toBeLessThan(8);
  answers.one = "on";
  asked.length = 0;
  const machines = state.machines.map((machine) => ({
    ...machine,
    bmc: machine.bmc && { ...machine.bmc, sealedPassword: "y" },
  }));
  watch.applyState({ ...state, machines });
  await seconds(1);
  expect(asked).toEqual(["one"]);
  expect(watch.list()[0]?.state).toBe("on");
  await watch.stop();
});
