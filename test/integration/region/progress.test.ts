import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { insertAgent } from "@/region/db/queries/agents.ts";
import { insertFacts } from "@/region/db/queries/facts.ts";
import { makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
let systemId: string;
let operationId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  siteId = await makeSite(region);
  const imageId = await makeImage(region);
  systemId = await makeMachine(region, siteId);
  const { body } = await region.call(`POST /api/v1/machines/${systemId}/deploy`, {
    body: { imageId },
  });
  operationId = body.operation.id;
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
  await insertFacts(
    db,
    told.map(({ afterMs, ...rest }, i) => {
      const at = new Date(askedMs + afterMs);
      const body = { seq: i + 1, at: at.toISOString(), monoMs: afterMs, ...rest };
      return {
        agentId: "a-test",
        seq: i + 1,
        at,
        kind: rest.kind,
        systemId,
        operationId,
        body,
        receivedAt: at,
      };
    }),
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
    expect(one.body.operation).toEqual({ id: operationId, kind: "deploy", phase: "install" });
    const { body } = await region.call(`GET /api/v1/machines?siteId=${siteId}`);
    expect(body.machines[0].operation).toEqual(one.body.operation);
  });

  test("is listed by machine and state, newest first", async () => {
    const ids = async (query: string) =>
      (await region.call(`GET /api/v1/operations?${query}`)).body.operations
        .map((operation: { id: string }) => operation.id);
    expect(await ids(`machine=${systemId}`)).toEqual([operationId]);
    expect(await ids("state=running")).toEqual([operationId]);
    expect(await ids("state=failed")).toEqual([]);
  });
});

describe("facts and events", () => {
  test("are shown as they came, also of kinds that nobody knows yet", async () => {
    const { body } = await region.call(`GET /api/v1/facts?operation=${operationId}`);
    expect(body.facts.map((fact: { kind: string }) => fact.kind)).toEqual([
      "operation.started",
      "power.ordered",
      "power.done",
      "boot.asked",
      "some.day",
    ]);
    expect(body.facts[4].body.surprise).toBe(true);
    const last = await region.call(`GET /api/v1/facts?machine=${systemId}&limit=2`);
    expect(last.body.facts.map((fact: { seq: number }) => fact.seq)).toEqual([4, 5]);
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
