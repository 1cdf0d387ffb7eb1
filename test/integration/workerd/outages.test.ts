import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findAgent } from "@/region/db/queries/agents.ts";
import { STORE_FAULT_HEADER } from "@/test/homes/test_headers.ts";
import type { BridgeFault } from "@/infra/cloudflare/database_bridge.ts";
import type { TestAgent } from "../sync/test_agent.ts";
import { type RegionInWorkerd, startRegionInWorkerd } from "./region_in_workerd.ts";

let region: RegionInWorkerd;
let siteId: string;
let agent: TestAgent;
let seq = 0;
beforeAll(async () => {
  region = await startRegionInWorkerd();
  siteId = (await region.makeSite("Site")).id;
  agent = await region.join(siteId);
});
afterEach(() => {
  region.home.bridge.fault = { kind: "none" };
});
afterAll(() => region?.dispose());

function facts(headers: Record<string, string> = {}) {
  const at = region.ctx.now().toISOString();
  const fact = { at, monoMs: 1, seq: seq + 1, kind: "agent.started", version: "0.1.0" };
  const body = { agentId: agent.enrolled.agentId, firstSeq: seq + 1, facts: [fact] };
  return agent.request("POST", "/facts", { body, headers });
}

async function acked(): Promise<number> {
  return (await findAgent(region.ctx.db, agent.enrolled.agentId))?.ackedSeq ?? -1;
}

async function expectOutage(response: Response, code: string): Promise<void> {
  const body = await response.json();
  expect([response.status, body.code]).toEqual([503, code]);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
}

const FAULTS: [string, BridgeFault][] = [
  ["cannot be reached", { kind: "refuse" }],
  ["is gone without a word", { kind: "hang" }],
  ["is cut before the first answer", { kind: "cut", afterBytes: 0 }],
  ["is cut in the middle of an answer", { kind: "cut", afterBytes: 600 }],
  ["is cut in the middle of what is written", {
    kind: "cut",
    atStatement: /^insert into "facts"/i,
  }],
  ["is cut at the commit", { kind: "cut", atStatement: /^commit/i }],
];

describe("a database", () => {
  for (const [name, fault] of FAULTS) {
    test(
      `that ${name} is said to be away; polls go on, and the agent's next try counts once`,
      async () => {
        const before = await acked();
        region.home.bridge.fault = fault;
        await expectOutage(await facts(), "database.unavailable");
        expect(await acked()).toBe(before);
        const polled = await agent.request("GET", `/sites/${siteId}/state`);
        expect(polled.status).toBe(200);
        await polled.body?.cancel();
        region.home.bridge.fault = { kind: "none" };
        expect(await (await facts()).json()).toMatchObject({ ackedSeq: seq + 1 });
        expect(await acked()).toBe(++seq);
      },
      60_000,
    );
  }

  test("that is away is named by /readyz", async () => {
    region.home.bridge.fault = { kind: "refuse" };
    const response = await region.app.request(`${region.ctx.publicUrl}/readyz`);
    expect(response.status).toBe(503);
    expect((await response.json()).detail).toContain("database: does not answer");
  });
});

describe("R2", () => {
  test("that is away fails polls and writes alike, and nothing is written", async () => {
    const before = await acked();
    const headers = { [STORE_FAULT_HEADER]: "*" };
    const counted = await region.counted(async () => {
      await expectOutage(await facts(headers), "object_store.unavailable");
    });
    expect(counted.connections).toBe(0);
    const polled = await agent.request("GET", `/sites/${siteId}/state`, { headers });
    await expectOutage(polled, "object_store.unavailable");
    expect(await acked()).toBe(before);
  });

  test("that takes no word of the work lets nothing be written", async () => {
    const before = await acked();
    const counted = await region.counted(async () => {
      const response = await facts({ [STORE_FAULT_HEADER]: "put region/work" });
      await expectOutage(response, "object_store.unavailable");
    });
    expect(counted.connections).toBe(0);
    expect(await acked()).toBe(before);
    expect((await facts()).status).toBe(200);
    expect(await acked()).toBe(++seq);
  });

  test("that is away lets no tick run, and the next one does its work", async () => {
    const counted = await region.counted(() => region.scheduled({ [STORE_FAULT_HEADER]: "*" }));
    expect(counted.connections).toBe(0);
    expect(region.logged.at(-1)?.event).toBe("tick.failed");
    expect((await region.counted(() => region.scheduled())).connections).toBeGreaterThan(0);
  });
});

test.each([
  [{ DATABASE_URL: undefined }, "DATABASE_URL"],
  [{ DATABASE_URL: "mysql://x" }, "DATABASE_URL"],
  [{ RACKWRIGHT_SECRETS: "{}" }, "RACKWRIGHT_SECRETS"],
  [{ RACKWRIGHT_PUBLIC_URL: "region.example.com" }, "RACKWRIGHT_PUBLIC_URL"],
  [{ RACKWRIGHT_PUBLIC_URL: undefined, DATABASE_URL: "" }, "DATABASE_URL"],
])("bindings that are missing or wrong are named: %j", async (bindings, name) => {
  const other = await startRegionInWorkerd(bindings);
  try {
    const response = await other.app.request(`${other.ctx.publicUrl}/api/v1/sites`);
    const body = await response.json();
    expect([response.status, body.code]).toEqual([503, "region.misconfigured"]);
    expect(body.detail).toContain(name);
    expect(response.headers.get("retry-after")).toBe("60");
  } finally {
    await other.dispose();
  }
});
