import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findMachine } from "@/region/db/queries/machines.ts";
import type { MachineRow } from "@/region/db/schema/machines.ts";
import { type RegionUnderTest, startRegion } from "./region_under_test.ts";
import { at, eventsOf, factsOf, machineNow, operationNow, setStatus, tableNow } from "./rows.ts";
import { INVENTORY, seedImage, seedMachine, seedOperation } from "./seeds.ts";
import { codeOf, joinSite, type TestAgent } from "./test_agent.ts";

let region: RegionUnderTest;
let site: { id: string; name: string };
let agent: TestAgent;
let made = 0;
beforeAll(async () => {
  region = await startRegion();
  await seedImage(region, "20260101");
});
beforeEach(async () => {
  site = await region.makeSite(`Site ${++made}`);
  agent = await joinSite(region, site.id);
});
afterAll(() => region.dispose());

const post = (facts: Record<string, unknown>[], more: Record<string, unknown> = {}) =>
  agent.request("POST", "/facts", {
    body: {
      agentId: agent.enrolled.agentId,
      firstSeq: facts[0]?.seq,
      facts: facts.map((fact) => ({ at: at(0), monoMs: 1, ...fact })),
      ...more,
    },
  });
const failure = { code: "bmc.silent", message: "no answer", phase: "boot", evidence: ["x"] };

test("a machine goes from unknown to deployed by facts, at the site's own times", async () => {
  const mac = "52:54:00:aa:00:01";
  await agent.report(
    { kind: "agent.started", version: "1.2.3" },
    { kind: "lease.given", mac: "52-54-00-AA-00-01", ipv4: "10.0.0.5", subnetId: 1, at: at(1) },
    { kind: "boot.asked", mac, answer: "ephemeral", purpose: "enlist", ipv4: "10.0.0.5" },
    { kind: "machine.enlisted", mac, ipv4: "10.0.0.5", inventory: INVENTORY, at: at(60) },
  );
  const [inState] = (await agent.state()).machines;
  expect(inState).toMatchObject({ macs: [mac, "52:54:00:aa:00:02"], boot: "enlist" });
  const found = await findMachine(region.ctx.db, inState?.systemId ?? "");
  if (!found) throw new Error("nobody was enlisted");
  expect(found).toMatchObject({ status: "New", architecture: "amd64", siteId: site.id });

  await setStatus(region, found, "Commissioning");
  const commission = await seedOperation(region, found, "commission");
  const about = { systemId: found.systemId, operationId: commission.id };
  await agent.report(
    { ...about, kind: "operation.started", operationKind: "commission", at: at(100) },
    { ...about, kind: "power.done", phase: "boot", order: "network_boot", state: "on" },
    {
      ...about,
      kind: "commission.reported",
      ok: true,
      inventory: { ...INVENTORY, memoryMib: 4096 },
    },
    { ...about, kind: "power.done", phase: "off", order: "off", state: "off", at: at(190) },
    { ...about, kind: "operation.ended", outcome: "done", at: at(200) },
  );
  expect(await operationNow(region, commission)).toMatchObject({
    state: "done",
    startedAt: new Date(at(100)),
    endedAt: new Date(at(200)),
  });
  expect(await machineNow(region, found)).toMatchObject({
    status: "Ready",
    statusChangedAt: new Date(at(200)),
    powerState: "off",
    powerStateAt: new Date(at(190)),
    inventory: { memoryMib: 4096 },
  });
  expect((await agent.state()).operations).toEqual([]);

  await setStatus(region, found, "Deploying");
  const deploy = await seedOperation(region, found, "deploy");
  await agent.report(
    { operationId: deploy.id, kind: "operation.started", operationKind: "deploy" },
    { operationId: deploy.id, kind: "step.started", number: 1, of: 9, name: "partition" },
    { operationId: deploy.id, kind: "install.reported", ok: true },
    { operationId: deploy.id, kind: "system.reported", ok: true },
    { operationId: deploy.id, kind: "operation.ended", outcome: "done", at: at(900) },
  );
  expect(await machineNow(region, found)).toMatchObject({
    status: "Deployed",
    statusChangedAt: new Date(at(900)),
  });
  expect((await agent.state()).machines[0]?.boot).toBe("local_disk");
  expect((await eventsOf(region, found)).map(({ code }) => code)).toEqual([
    "machine.enlisted",
    "operation.started",
    "power.done",
    "commission.reported",
    "power.done",
    "operation.ended",
    "operation.started",
    "step.started",
    "install.reported",
    "system.reported",
    "operation.ended",
  ]);
  const [agentRow] = (await tableNow(region, "agents")).filter(({ site_id }) =>
    site_id === site.id
  );
  expect(agentRow).toMatchObject({ version: "1.2.3", acked_seq: 14 });
});

describe("each fact is applied once", () => {
  let machine: MachineRow & { mac: string };
  let batch: Record<string, unknown>[];
  beforeEach(async () => {
    machine = await seedMachine(region, site.id, "Deploying");
    const { id: operationId } = await seedOperation(region, machine, "deploy");
    const mac = `52:54:00:bb:00:${String(made).padStart(2, "0")}`;
    batch = [
      { kind: "lease.given", mac, ipv4: "10.0.0.9", subnetId: 1 },
      { kind: "machine.enlisted", mac, ipv4: "10.0.0.9", inventory: { ...INVENTORY } },
      { kind: "operation.started", operationId, operationKind: "deploy" },
      { kind: "step.started", operationId, number: 1, of: 2, name: "a" },
      { kind: "operation.ended", operationId, outcome: "failed", failure },
    ].map((fact, i) => ({ ...fact, seq: i + 1 }));
  });

  test("a batch that comes again changes nothing at all", async () => {
    expect(await (await post(batch)).json()).toEqual({ ackedSeq: 5 });
    const before = await region.dump();
    region.advance(5);
    expect(await (await post(batch)).json()).toEqual({ ackedSeq: 5 });
    expect(await (await post(batch.slice(3))).json()).toEqual({ ackedSeq: 5 });
    expect(await region.dump()).toEqual(before);
  });

  test("a batch that comes many times at once counts once", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(batch)));
    for (const answer of answers) {
      expect([answer.status, await answer.json()]).toEqual([200, { ackedSeq: 5 }]);
    }
    const mine = await factsOf(region, agent.enrolled.agentId);
    expect(mine.map(({ seq }) => seq).toSorted()).toEqual([1, 2, 3, 4, 5]);
    expect((await eventsOf(region, machine)).map(({ code }) => code))
      .toEqual(["operation.started", "step.started", "operation.ended"]);
    expect(await machineNow(region, machine)).toMatchObject({
      status: "Failed deployment",
      failure,
    });
  });

  test("of a batch that overlaps an earlier one, only what is new counts", async () => {
    await post(batch.slice(0, 3));
    expect(await (await post(batch)).json()).toEqual({ ackedSeq: 5 });
    expect((await eventsOf(region, machine)).map(({ code }) => code))
      .toEqual(["operation.started", "step.started", "operation.ended"]);
  });

  test("numbers may skip, for details are dropped when a disk is full", async () => {
    const answer = await post(batch.filter(({ seq }) => seq !== 2).slice(0, 3));
    expect(await answer.json()).toEqual({ ackedSeq: 4 });
    expect(await (await post([{ ...batch[4], seq: 700 }])).json()).toEqual({ ackedSeq: 700 });
    expect((await machineNow(region, machine)).status).toBe("Failed deployment");
  });
});

describe("a batch is refused whole", () => {
  const refused: [what: string, code: string, () => Promise<Response>][] = [
    [
      "when its numbers do not rise",
      "facts.out_of_order",
      () => post([{ kind: "x", seq: 2 }, { kind: "x", seq: 2 }]),
    ],
    [
      "when it does not begin as it says",
      "facts.out_of_order",
      () => post([{ kind: "x", seq: 2 }], { firstSeq: 1 }),
    ],
    [
      "when it is another agent's",
      "facts.of_another_agent",
      () => post([{ kind: "x", seq: 1 }], { agentId: "a-other" }),
    ],
    ["when it is empty", "request.malformed", () => post([], { firstSeq: 1 })],
    [
      "when a fact has no time",
      "request.malformed",
      () => post([{ kind: "x", seq: 1, at: "now" }]),
    ],
    [
      "when it is no JSON",
      "request.malformed",
      () => agent.request("POST", "/facts", { bytes: new TextEncoder().encode("{") }),
    ],
    [
      "when its body is not the one that was signed",
      "proof.body_mismatch",
      () =>
        agent.request("POST", "/facts", {
          body: { agentId: agent.enrolled.agentId, firstSeq: 1, facts: [] },
          wrong: { bh: "x" },
        }),
    ],
    [
      "when it is too large",
      "request.too_large",
      () => agent.request("POST", "/facts", { bytes: new Uint8Array(4 * 1024 * 1024 + 1) }),
    ],
  ];
  for (const [what, code, send] of refused) {
    test(what, async () => {
      const before = await region.dump();
      expect(await codeOf(await send())).toBe(code);
      expect(await region.dump()).toEqual(before);
    });
  }
});

describe("one bad fact does not hold up the others", () => {
  const good = { kind: "agent.started", version: "9" };
  const bad: [what: string, log: string | undefined, fact: Record<string, unknown>][] = [
    ["of a kind from the future", undefined, { kind: "quantum.entangled", with: [1, { a: 2 }] }],
    [
      "that lacks what its kind needs",
      "facts.malformed",
      { kind: "operation.ended", outcome: "maybe" },
    ],
    [
      "about a machine that does not exist",
      "facts.not_of_this_site",
      { kind: "power.observed", state: "on", systemId: "nobody" },
    ],
    [
      "about an operation that does not exist",
      "facts.not_of_this_site",
      { kind: "operation.ended", outcome: "done", operationId: "o-none" },
    ],
    [
      "with text that PostgreSQL cannot hold",
      undefined,
      { kind: "x\u0000", note: "a\u0000b\ud800" },
    ],
    [
      "with a number that PostgreSQL cannot hold",
      "facts.not_applied",
      { kind: "lease.given", mac: "52:54:00:00:00:99", ipv4: "10.0.0.1", subnetId: 2 ** 40 },
    ],
    ["from the year 0", undefined, {
      kind: "agent.started",
      version: "1",
      at: "0000-01-01T00:00:00Z",
    }],
    ["nested too deep", undefined, {
      kind: "x",
      deep: JSON.parse("[".repeat(900) + "]".repeat(900)),
    }],
    [
      "with no MAC in it",
      undefined,
      { kind: "lease.given", mac: "noise", ipv4: "10.0.0.1", subnetId: 1 },
    ],
  ];
  for (const [what, log, fact] of bad) {
    test(what, async () => {
      const seen = region.logged.length;
      const answer = await post([{ ...fact, seq: 1 }, { ...good, seq: 2 }]);
      expect([answer.status, await answer.json()]).toEqual([200, { ackedSeq: 2 }]);
      expect(region.logged.slice(seen).map(({ event }) => event)).toEqual(log ? [log] : []);
      const mine = await factsOf(region, agent.enrolled.agentId);
      expect(mine).toHaveLength(2); // the bad one is kept
    });
  }

  test("that the database refuses takes back its own changes only", async () => {
    const machine = await seedMachine(region, site.id, "Deploying");
    const { id: operationId } = await seedOperation(region, machine, "deploy");
    // The operation's end is written, then the machine's move is refused: neither may stay.
    await region.ctx.db.execute(sql`alter table machines add constraint test_refusal
      check (status <> 'Deployed') not valid`);
    try {
      await agent.report(
        { kind: "operation.started", operationId, operationKind: "deploy" },
        { kind: "operation.ended", operationId, outcome: "done" },
        { kind: "operation.ended", operationId, outcome: "failed", failure },
      );
    } finally {
      await region.ctx.db.execute(sql`alter table machines drop constraint test_refusal`);
    }
    expect(await machineNow(region, machine)).toMatchObject({
      status: "Failed deployment",
      failure,
    });
    expect(await operationNow(region, { id: operationId })).toMatchObject({ state: "failed" });
  });
});

test("an agent can neither change nor write into the history of another site's machines", async () => {
  const elsewhere = await region.makeSite("Elsewhere");
  const machine = await seedMachine(region, elsewhere.id, "Deploying");
  const operation = await seedOperation(region, machine, "deploy");
  const own = await seedMachine(region, site.id, "Ready");
  const before = {
    machine: await machineNow(region, machine),
    operation: await operationNow(region, operation),
  };
  await agent.report(
    { kind: "power.observed", state: "off", systemId: machine.systemId },
    { kind: "operation.ended", outcome: "failed", operationId: operation.id },
    {
      kind: "operation.ended",
      outcome: "failed",
      operationId: operation.id,
      systemId: own.systemId,
    },
    { kind: "step.started", number: 1, of: 1, name: "x", operationId: operation.id },
    { kind: "commission.reported", ok: true, inventory: INVENTORY, systemId: machine.systemId },
    // Its MAC is another site's: here it is nobody's.
    { kind: "boot.asked", mac: machine.mac, answer: "power_off", ipv4: "10.0.0.1" },
  );
  expect({
    machine: await machineNow(region, machine),
    operation: await operationNow(region, operation),
  })
    .toEqual(before);
  expect(await machineNow(region, own)).toMatchObject({ status: "Ready", powerState: "unknown" });
  expect(await eventsOf(region, machine)).toEqual([]);
  const mine = await factsOf(region, agent.enrolled.agentId);
  for (const row of mine) {
    expect([row.system_id, row.operation_id]).toEqual([null, null]);
  }
  const [news] = (await tableNow(region, "events")).filter((row) =>
    row.site_id === site.id && row.code === "boot.asked"
  );
  expect(news?.message).toBe(
    `unknown machine ${machine.mac}: asked how to boot, was told power off`,
  );
});

test("an operation's facts belong to its machine, and a mismatch to none", async () => {
  const [one, two] = [
    await seedMachine(region, site.id, "Deploying"),
    await seedMachine(region, site.id, "Ready"),
  ];
  const operation = await seedOperation(region, one, "deploy");
  await agent.report(
    { kind: "operation.ended", outcome: "done", operationId: operation.id, systemId: two.systemId },
    { kind: "step.started", number: 1, of: 1, name: "x", operationId: operation.id },
    { kind: "boot.asked", mac: two.mac.toUpperCase(), answer: "power_off", ipv4: "10.0.0.1" },
  );
  expect((await operationNow(region, operation)).state).toBe("running");
  const mine = await factsOf(region, agent.enrolled.agentId);
  expect(mine.map(({ system_id, operation_id }) => [system_id, operation_id])).toEqual([
    [null, null],
    [one.systemId, operation.id],
    [two.systemId, null],
  ]);
});
