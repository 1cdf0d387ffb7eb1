import { describe, expect, test } from "vitest";
import type { Failure } from "@/shared/contract/failure.ts";
import { KnownFact } from "@/shared/contract/facts.ts";
import type { MachineStatus, OperationKind } from "@/shared/machine/lifecycle.ts";
import {
  type Change,
  noReportFailure,
  projectFact,
  type Seen,
  type SeenOperation,
} from "./projection.ts";

const AT = "2026-03-01T12:00:00.000Z";
/** A fact as it comes, checked against the contract. */
const fact = (kind: string, more: Record<string, unknown> = {}): KnownFact =>
  KnownFact.parse({ seq: 1, at: AT, monoMs: 1, kind, ...more });
const inventory = {
  architecture: "x86_64",
  firmware: "bios",
  system: {},
  cpu: { cores: 1 },
  memoryMib: 1024,
  interfaces: [],
  disks: [],
};
const failure: Failure = { code: "bmc.silent", message: "no answer", phase: "boot", evidence: [] };

const seen = (
  status: MachineStatus,
  operation?: Partial<SeenOperation> & { kind: OperationKind },
): Seen => ({
  machine: { status, returnsTo: [] },
  operation: operation && { state: "running", isNewest: true, ...operation },
});
/** What changes, without the timeline. */
const changes = (of: KnownFact, given: Seen = {}): Change[] =>
  projectFact(of, given).filter(({ kind }) => kind !== "news");
const news = (of: KnownFact, given: Seen = {}) =>
  projectFact(of, given).flatMap((change) => (change.kind === "news" ? [change.item] : []));
const ended = (outcome: string, more: Record<string, unknown> = {}) =>
  fact("operation.ended", { outcome, ...more });

describe("the end of an operation", () => {
  const table: [OperationKind, MachineStatus, string, MachineStatus][] = [
    ["commission", "Commissioning", "done", "Ready"],
    ["commission", "Commissioning", "failed", "Failed commissioning"],
    ["deploy", "Deploying", "done", "Deployed"],
    ["deploy", "Deploying", "failed", "Failed deployment"],
    ["deploy", "Deploying", "aborted", "Failed deployment"],
    ["release", "Releasing", "done", "Ready"],
    ["release", "Releasing", "failed", "Releasing failed"],
    ["erase", "Disk erasing", "done", "Ready"],
    ["erase", "Disk erasing", "failed", "Failed disk erasing"],
    ["test", "Testing", "failed", "Failed testing"],
    ["rescue", "Entering rescue mode", "done", "Rescue mode"],
    ["rescue", "Entering rescue mode", "failed", "Failed to enter rescue mode"],
    ["exit_rescue", "Exiting rescue mode", "failed", "Failed to exit rescue mode"],
  ];
  for (const [kind, status, outcome, next] of table) {
    test(`${kind} ${outcome} leads from ${status} to ${next}`, () => {
      const given = seen(status, { kind });
      const because = outcome === "done"
        ? null
        : outcome === "failed"
        ? failure
        : { code: "operation.aborted", message: "the site gave it up", phase: "", evidence: [] };
      const of = ended(outcome, outcome === "failed" ? { failure } : {});
      expect(changes(of, given)).toEqual([
        { kind: "operation_ended", state: outcome, failure: because },
        {
          kind: "machine_moved",
          to: { status: next, returnsTo: [] },
          failure: because,
          isFreed: next === "Ready",
        },
      ]);
    });
  }

  for (const kind of ["power_on", "power_off", "power_cycle", "power_query"] as const) {
    test(`${kind} leaves the machine's status and failure alone`, () => {
      expect(changes(ended("failed", { failure }), seen("Failed deployment", { kind }))).toEqual([
        { kind: "operation_ended", state: "failed", failure },
      ]);
    });
  }

  test("failed without a reason says so", () => {
    expect(changes(ended("failed"), seen("Deploying", { kind: "deploy" }))[0]).toMatchObject({
      failure: { code: "operation.failed", message: "the site gave no reason" },
    });
  });

  for (const state of ["done", "aborted", "failed"] as const) {
    test(`changes nothing when it is ${state} already, and is no news`, () => {
      const given = seen("Ready", { kind: "commission", state });
      expect(projectFact(ended("done"), given)).toEqual([]);
    });
  }

  test("of an operation or a machine that the region does not know changes nothing", () => {
    expect(projectFact(ended("done"), {})).toEqual([]);
    expect(projectFact(ended("done"), seen("Ready"))).toEqual([]);
  });

  describe("after the region gave it up without a report", () => {
    const late = {
      kind: "deploy",
      state: "failed",
      failureCode: "operation.no_report",
    } as const;

    test("is put right", () => {
      expect(changes(ended("done"), seen("Failed deployment", late))).toEqual([
        { kind: "operation_ended", state: "done", failure: null },
        {
          kind: "machine_moved",
          to: { status: "Deployed", returnsTo: [] },
          failure: null,
          isFreed: false,
        },
      ]);
      expect(changes(ended("failed", { failure }), seen("Failed deployment", late))).toMatchObject([
        { kind: "operation_ended", state: "failed", failure },
        { kind: "machine_moved", to: { status: "Failed deployment" }, failure },
      ]);
    });

    test("leaves alone a machine of which something else was asked since", () => {
      expect(changes(ended("done"), seen("Releasing", { ...late, isNewest: false }))).toEqual([]);
    });

    test("records the outcome, but does not move a machine that a person moved since", () => {
      expect(changes(ended("done"), seen("Broken", late))).toEqual([
        { kind: "operation_ended", state: "done", failure: null },
      ]);
    });
  });
});

const tables: [what: string, KnownFact, Seen, Change[]][] = [
  [
    "an enlisted machine is taken in",
    fact("machine.enlisted", { mac: "52:54:00:00:00:01", ipv4: "10.0.0.5", inventory }),
    {},
    [{
      kind: "enlist",
      mac: "52:54:00:00:00:01",
      inventory: expect.objectContaining({ architecture: "x86_64" }),
    }],
  ],
  [
    "a commissioned machine's inventory is kept",
    fact("commission.reported", { ok: true, inventory }),
    seen("Commissioning"),
    [{ kind: "inventory", inventory: expect.objectContaining({ memoryMib: 1024 }) }],
  ],
  [
    "an inventory of no machine is not",
    fact("commission.reported", { ok: true, inventory }),
    {},
    [],
  ],
  [
    "a lease",
    fact("lease.given", { mac: "a", ipv4: "10.0.0.5", subnetId: 1 }),
    {},
    [{ kind: "lease_given", ipv4: "10.0.0.5", subnetId: 1, hostname: undefined }],
  ],
  [
    "a lease's end",
    fact("lease.ended", { mac: "a", ipv4: "10.0.0.5", subnetId: 1, why: "released" }),
    {},
    [{ kind: "lease_ended", ipv4: "10.0.0.5" }],
  ],
  [
    "power that was switched",
    fact("power.done", { phase: "power off", order: "off", state: "off" }),
    seen("Ready"),
    [{ kind: "power", state: "off", fault: null }],
  ],
  [
    "power that was looked at",
    fact("power.observed", { state: "unknown" }),
    seen("Ready"),
    [{ kind: "power", state: "unknown", fault: null }],
  ],
  [
    "power unknown for a reason",
    fact("power.observed", { state: "unknown", code: "bmc.no_answer", message: "silence" }),
    seen("Ready"),
    [{ kind: "power", state: "unknown", fault: { code: "bmc.no_answer", message: "silence" } }],
  ],
  [
    "power seen again",
    fact("power.seen", { machines: [{ systemId: "abc123", state: "on", at: AT }] }),
    {},
    [{ kind: "power_confirmed", machines: [{ systemId: "abc123", state: "on", at: AT }] }],
  ],
  ["power of no machine", fact("power.observed", { state: "on" }), {}, []],
  [
    "a started operation",
    fact("operation.started", { operationKind: "deploy" }),
    seen("Deploying", { kind: "deploy" }),
    [{ kind: "operation_started" }],
  ],
  [
    "an operation that started after its end",
    fact("operation.started", { operationKind: "deploy" }),
    seen("Ready", { kind: "deploy", state: "aborted" }),
    [],
  ],
];
for (const [what, of, given, expected] of tables) {
  test(`projectFact(): ${what}`, () => expect(changes(of, given)).toEqual(expected));
}

describe("the timeline", () => {
  const deploying = seen("Deploying", { kind: "deploy" });
  const lines: [KnownFact, string | undefined][] = [
    [fact("agent.started", { version: "1.2" }), "info: the agent started, version 1.2"],
    [fact("state.applied", { generation: 1 }), undefined],
    [
      fact("state.refused", { code: "x", message: "bad signature" }),
      "error: the agent refused the site's state: bad signature",
    ],
    [
      fact("link.restored", { lostAt: AT }),
      `info: the agent reached the region again; it was cut off since ${AT}`,
    ],
    [fact("lease.given", { mac: "a", ipv4: "10.0.0.5", subnetId: 1 }), undefined],
    [fact("lease.ended", { mac: "a", ipv4: "10.0.0.5", subnetId: 1, why: "expired" }), undefined],
    [fact("boot.offered", { program: "undionly.kpxe" }), undefined],
    [
      fact("boot.asked", { answer: "ephemeral", ipv4: "10.0.0.5", purpose: "install" }),
      "info: asked how to boot, was told ephemeral system, to install",
    ],
    [
      fact("boot.asked", { answer: "local_disk", ipv4: "10.0.0.5" }),
      "info: asked how to boot, was told to boot from its disk",
    ],
    [
      fact("boot.asked", { answer: "power_off", ipv4: "10.0.0.5" }),
      "info: asked how to boot, was told power off",
    ],
    [
      fact("file.served", {
        protocol: "tftp",
        path: "x",
        bytes: 1,
        durationMs: 1,
        ipv4: "10.0.0.5",
      }),
      undefined,
    ],
    [fact("image.cached", { sha256: "0", bytes: 1, durationMs: 1 }), undefined],
    [
      fact("image.not_cached", {
        sha256: "0",
        code: "content.disk_full",
        message: "the disk is full",
      }),
      "error: an image is not at the site: the disk is full",
    ],
    [
      fact("agent.observed", {
        ...{ networks: [], served: [], checks: [], leases: 0, factsWaiting: 0, counters: {} },
      }),
      undefined,
    ],
    [
      fact("metadata.served", { purpose: "install", ipv4: "10.0.0.5" }),
      "info: the booted system asked for its instructions (install)",
    ],
    [
      fact("stage.reached", { system: "ephemeral", stage: "init-local", event: "start" }),
      undefined,
    ],
    [fact("step.started", { number: 2, of: 9, name: "partition" }), "info: step 2 of 9: partition"],
    [fact("step.ended", { number: 2, of: 9, name: "partition", ok: true }), undefined],
    [
      fact("step.ended", { number: 2, of: 9, name: "partition", ok: false }),
      "error: step 2 of 9 failed: partition",
    ],
    [
      fact("machine.enlisted", { mac: "52:54:00:00:00:01", ipv4: "10.0.0.5", inventory }),
      undefined, // enlisting writes its own line
    ],
    [fact("commission.reported", { ok: true }), "info: the inventory was reported"],
    [
      fact("install.reported", { ok: false, message: "no disk" }),
      "error: the installation ended, but failed: no disk",
    ],
    [
      fact("system.reported", { ok: false }),
      "error: the installed system reported, but failed: no reason given",
    ],
    [
      fact("script.started", { number: 1, of: 2, name: "memory" }),
      "info: script 1 of 2: memory",
    ],
    [
      fact("script.ended", { number: 1, of: 2, name: "memory", exitStatus: 0, durationMs: 5 }),
      undefined,
    ],
    [
      fact("script.ended", { number: 1, of: 2, name: "memory", exitStatus: 3, durationMs: 5 }),
      "error: script memory failed with exit status 3",
    ],
    [
      fact("alarm.raised", { code: "dhcp.range_full", message: "range 10.0.0.1-9 is full" }),
      "warning: the agent warns: range 10.0.0.1-9 is full",
    ],
    [fact("work.progressed", { message: "erasing" }), undefined],
    [fact("test.reported", { ok: true }), "info: the tests ended"],
    [
      fact("erase.reported", { ok: false, message: "vda is in use" }),
      "error: the disks were erased, but failed: vda is in use",
    ],
    [fact("rescue.reported", { ok: true }), "info: the rescue system is up"],
    [fact("power.ordered", { phase: "boot", order: "network_boot" }), undefined],
    [
      fact("power.done", { phase: "boot", order: "network_boot", state: "on" }),
      "info: power: network boot done, now on",
    ],
    [
      fact("power.failed", { phase: "boot", order: "off", code: "bmc.silent", message: "silence" }),
      "error: power: off failed: silence",
    ],
    [fact("power.observed", { state: "on" }), undefined],
    [fact("power.seen", { machines: [] }), undefined],
    // Only the writing can tell whether these two are news.
    [fact("bmc.certificate_seen", { address: "b", port: 443, sha256: "ab".repeat(32) }), undefined],
    [
      fact("bmc_scan.ended", { scanId: "b-1", found: [] }),
      "info: a scan for BMCs ended; it found 0",
    ],
    [
      fact("bmc_scan.ended", { scanId: "b-1", found: [], message: "no network" }),
      "error: a scan for BMCs failed: no network",
    ],
    [fact("bmc.found", { address: "b", username: "rackwright", sealedPassword: "x" }), undefined],
    [
      fact("bmc.not_usable", { address: "b", message: "all 9 of its users are taken" }),
      "warning: its BMC at b was found, but no user could be made in it: all 9 of its users are " +
      "taken; enter its credentials",
    ],
    [fact("operation.started", { operationKind: "deploy" }), "info: the site began to deploy"],
    [ended("done"), "info: the operation is done"],
    [ended("failed", { failure }), "error: the operation failed: no answer"],
    [ended("aborted"), "warning: the site gave the operation up"],
  ];
  for (const [of, expected] of lines) {
    test(`${of.kind}: ${expected ?? "nothing to tell"}`, () => {
      const told = news(of, deploying).map(({ level, message }) => `${level}: ${message}`);
      expect(told).toEqual(expected === undefined ? [] : [expected]);
      for (const { code } of news(of, deploying)) expect(code).toBe(of.kind);
    });
  }

  test("has been asked about every kind of fact", () => {
    const kinds = new Set(lines.map(([{ kind }]) => kind));
    expect(KnownFact.options.map((option) => option.shape.kind.value).filter((k) => !kinds.has(k)))
      .toEqual([]);
  });
});

describe("noReportFailure()", () => {
  const now = new Date("2026-03-01T12:00:00Z");
  const table: [lastHeard: string | undefined, said: string][] = [
    [undefined, "none of its agents has ever been heard"],
    [
      "2026-03-01T11:30:00Z",
      "its agent was last heard at 2026-03-01T11:30:00.000Z, 30 minutes ago",
    ],
    ["2026-03-01T09:00:00Z", "its agent was last heard at 2026-03-01T09:00:00.000Z, 3 hours ago"],
    ["2026-02-26T12:00:00Z", "its agent was last heard at 2026-02-26T12:00:00.000Z, 3 days ago"],
  ];
  for (const [heard, said] of table) {
    test(`says that ${said}`, () => {
      const lastHeard = heard === undefined ? undefined : new Date(heard);
      expect(noReportFailure({ kind: "power_off", siteName: "One", lastHeard, now })).toEqual({
        code: "operation.no_report",
        message: `site One did not report the end of this power off; ${said}`,
        phase: "",
        evidence: [],
      });
    });
  }
});
