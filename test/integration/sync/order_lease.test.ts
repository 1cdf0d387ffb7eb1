import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { agents } from "@/region/db/schema/agents.ts";
import { operations } from "@/region/db/schema/operations.ts";
import { tick } from "@/region/reconcilers/tick.ts";
import { type RegionUnderTest, startRegion } from "./region_under_test.ts";
import { at, eventsOf } from "./rows.ts";
import { seedMachine, seedOperation } from "./seeds.ts";
import { joinSite, type TestAgent } from "./test_agent.ts";

let region: RegionUnderTest;
let site: { id: string; name: string };
let first: TestAgent;
let made = 0;
beforeAll(async () => {
  region = await startRegion();
});
beforeEach(async () => {
  site = await region.makeSite(`Site ${++made}`);
  first = await joinSite(region, site.id);
});
afterAll(() => region.dispose());

/** The operations of the document that the site's agents read. */
const published = async () => (await first.state()).operations;

/** When the region last saw an agent, by its facts. */
async function seen(agent: TestAgent, minutesAgo: number): Promise<void> {
  const lastFactsAt = new Date(region.ctx.now().getTime() - minutesAgo * 60_000);
  await region.ctx.db.update(agents).set({ lastFactsAt }).where(
    eq(agents.id, agent.enrolled.agentId),
  );
}

const deploy = async () => {
  const machine = await seedMachine(region, site.id, "Deploying");
  return { machine, operation: await seedOperation(region, machine, "deploy") };
};

test("the only agent of a site holds nothing: it needs no lease", async () => {
  await deploy();
  expect((await published())[0]).not.toHaveProperty("holder");
});

test("of several agents the one that was seen last gets an operation", async () => {
  const second = await joinSite(region, site.id);
  await seen(first, 10);
  await seen(second, 1);
  await deploy();
  expect((await published()).map(({ holder }) => holder)).toEqual([second.enrolled.agentId]);
});

test("an operation is passed on from an agent that is gone, with what it told, once", async () => {
  const second = await joinSite(region, site.id);
  await seen(first, 1);
  await seen(second, 10);
  const { machine, operation: { id: operationId } } = await deploy();
  expect((await published())[0]?.holder).toBe(first.enrolled.agentId);
  const about = { operationId, at: at(1) };
  await first.report({ kind: "operation.started", operationKind: "deploy", ...about });
  await seen(first, 30);
  await region.ctx.db.update(operations)
    .set({ holderSince: new Date(region.ctx.now().getTime() - 40 * 60_000) })
    .where(eq(operations.id, operationId));
  await seen(second, 1);
  await tick(region.ctx);
  await tick(region.ctx);
  const [now] = await published();
  expect(now?.holder).toBe(second.enrolled.agentId);
  expect(now?.earlierFacts?.map(({ kind }) => kind)).toEqual(["operation.started"]);
  const passed = (await eventsOf(region, machine)).filter(({ code }) =>
    code === "operation.passed_on"
  );
  expect(passed).toHaveLength(1);
});
