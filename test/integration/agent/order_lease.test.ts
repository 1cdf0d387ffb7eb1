import { afterEach, beforeEach, expect, test } from "vitest";
import { KnownFact } from "@/shared/contract/facts.ts";
import { ORDER_LEASE_SECONDS } from "@/shared/contract/site_state.ts";
import { systemClock } from "@/rack-agent/runtime/clock.ts";
import { deployOrder, startAgent, type TestAgent } from "./agent_parts.ts";

let folder: string;
let agent: TestAgent;

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  agent = await startAgent(folder, systemClock); // it is "a-1"
});
afterEach(async () => {
  await agent.stop();
  await Deno.remove(folder, { recursive: true });
});

const kinds = () => agent.journal.pending(1000).map(({ kind }) => kind);
async function eventually(isTrue: () => boolean): Promise<void> {
  for (let turns = 0; turns < 500 && !isTrue(); turns++) {
    await new Promise((wake) => setTimeout(wake, 10));
  }
  expect(isTrue()).toBe(true);
}

test("an operation that another agent holds is left alone until it is passed on", async () => {
  await agent.apply({ operations: [deployOrder({ holder: "a-2" })] });
  expect(agent.powerOrders).toEqual([]);
  expect(kinds()).toEqual([]);
  await agent.apply({ operations: [deployOrder({ holder: "a-1" })] });
  await eventually(() => kinds().includes("power.done"));
  expect(agent.powerOrders).toEqual(["network_boot"]);
});

test("what was passed on goes on where the other agent's facts leave it", async () => {
  const at = new Date().toISOString();
  const earlierFacts = [
    { kind: "operation.started", operationKind: "deploy" },
    { kind: "power.ordered", phase: "install", order: "network_boot" },
    { kind: "power.done", phase: "install", order: "network_boot", state: "on" },
  ].map((fact, i) =>
    KnownFact.parse({ ...fact, seq: i + 1, at, monoMs: i, operationId: "o-1", systemId: "abc234" })
  );
  const order = deployOrder({ holder: "a-1" });
  const [first] = order.plan.phases;
  const told = earlierFacts.map((fact) =>
    "phase" in fact ? { ...fact, phase: first?.name ?? "" } : fact
  );
  await agent.apply({ operations: [{ ...order, earlierFacts: told }] });
  await eventually(() => kinds().includes("operation.started"));
  expect(agent.powerOrders).toEqual([]); // the machine was switched on already: not again
});

test("an agent of several that is cut off for long gives no order", async () => {
  agent.power.cutOffSinceMs = Date.now() - ORDER_LEASE_SECONDS * 1_000;
  await agent.apply({ operations: [deployOrder({ holder: "a-1" })] });
  expect(agent.powerOrders).toEqual([]);
  agent.power.cutOffSinceMs = undefined;
  await agent.apply({ operations: [deployOrder({ holder: "a-1" })] });
  await eventually(() => agent.powerOrders.length === 1);
});

test("the only agent of a site goes on however long it is cut off", async () => {
  agent.power.cutOffSinceMs = Date.now() - 72 * 3_600_000;
  await agent.apply({ operations: [deployOrder()] });
  await eventually(() => agent.powerOrders.length === 1);
});
