import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { insertAgent } from "@/region/db/queries/agents.ts";
import { projectFacts } from "@/region/services/facts/project_facts.ts";
import { makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
let systemId: string;
let operationId: string;
let askedAt: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  siteId = await makeSite(region);
  const imageId = await makeImage(region);
  systemId = await makeMachine(region, siteId);
  const { body } = await region.call(`POST /api/v1/machines/${systemId}/deploy`, {
    body: { imageId },
  });
  operationId = body.operation.id;
  askedAt = body.operation.askedAt;
  await tellFacts();
});
afterAll(() => region.stop());

/** The agent begins after one second, and the machine asks to boot after three. */
async function tellFacts(): Promise<void> {
  const { db } = region.ctx;
  const askedMs = region.ctx.now().getTime();
  await insertAgent(db, {
    id: "a-test",
    siteId,
    hostname: "rack1",
    signingJwk: { kty: "OKP", crv: "Ed25519", x: "x" },
    jkt: "thumbprint",
    encryptionJwk: { kty: "OKP", crv: "X25519", x: "x" },
    version: "0",
    enrolledAt: region.ctx.now(),
  });
  const told = [
    { kind: "operation.started", operationKind: "deploy", afterMs: 1000 },
    { kind: "power.ordered", phase: "network boot", order: "network_boot", afterMs: 1000 },
    {
      kind: "power.done",
      phase: "network boot",
      order: "network_boot",
      state: "on",
      afterMs: 2000,
    },
    { kind: "boot.asked", answer: "ephemeral", ipv4: "10.0.0.5", afterMs: 3000 },
    { kind: "some.day", surprise: true, afterMs: 3500 },
  ];
  await projectFacts(
    region.ctx,
    { agentId: "a-test", siteId },
    told.map(({ afterMs, ...rest }, i) => ({
      seq: i + 1,
      at: new Date(askedMs + afterMs).toISOString(),
      monoMs: afterMs,
      systemId,
      operationId,
      ...rest,
    })),
  );
}

describe("an operation under way", () => {
  test("shows its phase, and where its time went without a gap", async () => {
    region.advance(10_000);
    const { body } = await region.call(`GET /api/v1/operations/${operationId}`);
    expect(body).toMatchObject({ kind: "deploy", machine: systemId, phase: "install" });
    const askedMs = Date.parse(body.askedAt);
    const spans = body.spans.map((s: { name: string; startMs: number; endMs: number }) => [
      s.name,
      s.startMs - askedMs,
      s.endMs - askedMs,
    ]);
    expect(spans).toEqual([
      ["order reaches the site", 0, 1000],
      ["power", 1000, 2000],
      ["firmware", 2000, 3000],
      ["boot program", 3000, 10_000],
    ]);
  });

  test("shows its phase at its machine, alone and in the list", async () => {
    const one = await region.call(`GET /api/v1/machines/${systemId}`);
    expect(one.body.operation).toEqual({
      id: operationId,
      kind: "deploy",
      phase: "install",
      phaseStartedAt: new Date(Date.parse(askedAt) + 3000).toISOString(),
    });
    const { body } = await region.call(`GET /api/v1/machines?siteId=${siteId}`);
    expect(body.machines[0].operation).toEqual(one.body.operation);
  });

  test("moves on with a later report, and stays at its last phase when it ended", async () => {
    const at = new Date(Date.parse(askedAt) + 9000).toISOString();
    const common = { at, monoMs: 9000, systemId, operationId };
    await projectFacts(region.ctx, { agentId: "a-test", siteId }, [
      { ...common, seq: 6, kind: "install.reported", ok: true },
      { ...common, seq: 7, kind: "lease.given", ipv4: "10.0.0.5", subnetId: 1 },
    ]);
    const moved = await region.call(`GET /api/v1/operations/${operationId}`);
    expect(moved.body).toMatchObject({ phase: "first boot", phaseStartedAt: at, state: "running" });
    const later = { ...common, at: new Date(Date.parse(at) + 1).toISOString() };
    await projectFacts(region.ctx, { agentId: "a-test", siteId }, [
      { ...later, seq: 8, kind: "system.reported", ok: true },
      { ...later, seq: 9, kind: "operation.ended", outcome: "done" },
    ]);
    const ended = await region.call(`GET /api/v1/operations/${operationId}`);
    expect(ended.body).toMatchObject({ phase: "first boot", phaseStartedAt: at, state: "done" });
  });

  test("is listed by machine and state, newest first", async () => {
    const ids = async (query: string) =>
      (await region.call(`GET /api/v1/operations?${query}`)).body.operations
        .map((operation: { id: string }) => operation.id);
    expect(await ids(`machine=${systemId}`)).toEqual([operationId]);
    expect(await ids("state=done")).toEqual([operationId]);
    expect(await ids("state=failed")).toEqual([]);
  });
});

describe("facts and events", () => {
  test("are shown as they came, also of kinds that nobody knows yet", async () => {
    const { body } = await region.call(`GET /api/v1/facts?operation=${operationId}`);
    expect(body.facts.map((fact: { kind: string }) => fact.kind).slice(0, 5)).toEqual([
      "operation.started",
      "power.ordered",
      "power.done",
      "boot.asked",
      "some.day",
    ]);
    expect(body.facts[4].body.surprise).toBe(true);
    const last = await region.call(`GET /api/v1/facts?machine=${systemId}&limit=2&sort=-seq`);
    expect(last.body.facts.map((fact: { seq: number }) => fact.seq)).toEqual([9, 8]);
  });

  test("come after the last one seen", async () => {
    const { body } = await region.call(`GET /api/v1/events?machine=${systemId}`);
    expect(body.events[0]).toMatchObject({
      machine: systemId,
      operationId,
      level: "info",
      code: "machine.asked",
      message: expect.stringContaining("admin asked to deploy"),
    });
    const last = body.events.at(-1).id;
    const later = await region.call(`GET /api/v1/events?machine=${systemId}&after=${last}`);
    expect(later.body.events).toEqual([]);
  });
});
