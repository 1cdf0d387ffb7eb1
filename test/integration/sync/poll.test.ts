import { Hono } from "hono";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RegionContext } from "@/region/context.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { agentRoutes } from "@/region/routes/agent/agent_routes.ts";
import { publishSiteState, siteTopic } from "@/region/services/sites/publish_state.ts";
import { makeTestProof } from "@/region/tokens/test_keys.ts";
import { HOME } from "@/test/homes/test_home.ts";
import { type RegionUnderTest, startRegion } from "./region_under_test.ts";
import { joinSite, readDocument, type TestAgent } from "./test_agent.ts";

let region: RegionUnderTest;
let site: { id: string; name: string };
let agent: TestAgent;
let made = 0;
beforeAll(async () => {
  region = await startRegion();
});
beforeEach(async () => {
  site = await region.makeSite(`Site ${++made}`);
  agent = await joinSite(region, site.id);
});
afterAll(() => region.dispose());

const statePath = () => `/sites/${site.id}/state`;

describe("a poll", () => {
  const etagOf = async () =>
    (await agent.request("GET", statePath())).headers.get("etag") ?? "none";

  test("with the document's etag is answered 304 without a body", async () => {
    const etag = await etagOf();
    expect(etag).toMatch(/^"[0-9a-f]{32,64}"$/);
    const same = await agent.request("GET", statePath(), { headers: { "if-none-match": etag } });
    expect([same.status, await same.text(), same.headers.get("etag")]).toEqual([304, "", etag]);
    const other = await agent.request("GET", statePath(), {
      headers: { "if-none-match": '"other"' },
    });
    expect(other.status).toBe(200);
  });

  test("that waits is answered when the state changes", async () => {
    const headers = { "if-none-match": await etagOf(), prefer: "wait=50" };
    const waiting = agent.request("GET", statePath(), { headers });
    let isAnswered = false;
    waiting.then(() => isAnswered = true);
    // A wake without a change, as another site's or a spurious one would be: it goes on waiting.
    region.ctx.hub.publish(siteTopic(site.id));
    await region.ctx.objectStore.head("a"); // lets it come round
    expect(isAnswered).toBe(false);
    await bumpGeneration(region.ctx.db, site.id);
    await publishSiteState(region.ctx, site.id);
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(readDocument(await answer.text()).generation).toBe(2);
  });

  test("that waits is answered at once when it has not the newest", async () => {
    const headers = { "if-none-match": '"old"', prefer: "wait=50" };
    expect((await agent.request("GET", statePath(), { headers })).status).toBe(200);
  });

  test("that waits is let go when the agent hangs up", async () => {
    const headers = { "if-none-match": await etagOf(), prefer: "wait=50" };
    const hangUp = new AbortController();
    const waiting = agent.request("GET", statePath(), { headers, signal: hangUp.signal });
    await region.ctx.objectStore.head("a");
    hangUp.abort();
    // Over a socket there is nobody left to be answered.
    expect(await waiting.then(({ status }) => status, ({ name }) => name)).toBe(
      HOME === "deno" ? 304 : "AbortError",
    );
  });

  test("that waits gets 304 when nothing changed for so long", async () => {
    const headers = { "if-none-match": await etagOf(), prefer: "wait=1" };
    expect((await agent.request("GET", statePath(), { headers })).status).toBe(304);
  });

  test("never touches the database", async () => {
    const etag = await etagOf();
    const db = new Proxy({}, {
      get(_, property) {
        throw new Error(`the poll used the database: ${String(property)}`);
      },
    }) as RegionContext["db"]; // any use of it throws, whatever its type
    const ctx = { ...region.ctx, db };
    const routes = new Hono().route("/agent/v1", agentRoutes(ctx));
    const app = {
      request: async (url: string, init?: RequestInit) => await routes.request(url, init),
    };
    const offline = { ...region, ctx, app };
    const poll = async (headers: Record<string, string>) =>
      (await pollAs(offline, agent, headers)).status;
    expect(await poll({})).toBe(200);
    expect(await poll({ "if-none-match": etag })).toBe(304);
    expect(await poll({ "if-none-match": etag, prefer: "wait=1" })).toBe(304);
  });
});

/** The same agent's poll, sent to another app. */
async function pollAs(
  to: RegionUnderTest,
  who: TestAgent,
  headers: Record<string, string>,
): Promise<Response> {
  const url = `${to.ctx.publicUrl}/agent/v1${statePath()}`;
  const { credential } = who;
  const now = to.ctx.now();
  const dpop = await makeTestProof(who.keys, { method: "GET", url, credential, now });
  return await to.app.request(url, {
    headers: { authorization: `DPoP ${credential}`, dpop, ...headers },
  });
}
