import { Hono } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { authenticateAgent, requireSite } from "@/region/services/agents/authenticate_agent.ts";
import { noteSeen } from "@/region/services/agents/agents_seen.ts";
import { readSiteState } from "@/region/services/agents/read_site_state.ts";
import { readRequest } from "./agent_request.ts";
import { etagMatcher, waitSecondsOf } from "./preconditions.ts";

/** Proxies commonly end a silent request after 60 s. */
const WAIT_SECONDS_MAX = 55;

/** GET /sites/{site}/state: what the site should be. Reads the object store, never the database. */
export function stateRoutes(ctx: RegionContext): Hono {
  return new Hono().get("/sites/:site/state", async (c) => {
    const request = await readRequest(c, 0);
    const caller = await authenticateAgent(ctx, request);
    const siteId = c.req.param("site");
    requireSite(caller, siteId);
    noteSeen(ctx, caller);
    const waitSeconds = Math.min(waitSecondsOf(c.req.header("prefer")), WAIT_SECONDS_MAX);
    const answer = await readSiteState(ctx, siteId, {
      hasEtag: etagMatcher(c.req.header("if-none-match")),
      waitMs: waitSeconds * 1000,
      signal: c.req.raw.signal,
    });
    const headers = { etag: `"${answer.etag}"`, "cache-control": "private, no-cache" };
    if (answer.kind === "unchanged") return new Response(null, { status: 304, headers });
    return new Response(answer.body, {
      headers: { ...headers, "content-type": "application/jose" },
    });
  });
}
