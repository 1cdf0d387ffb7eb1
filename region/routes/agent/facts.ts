import { Hono } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { authenticateAgent } from "@/region/services/agents/authenticate_agent.ts";
import { applyFacts } from "@/region/services/facts/apply_facts.ts";
import { FactsRequest } from "@/shared/contract/facts.ts";
import { parseBody, readRequest } from "./agent_request.ts";

const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** POST /facts: what happened at the site, in order; repeats are harmless. */
export function factRoutes(ctx: RegionContext): Hono {
  return new Hono().post("/facts", async (c) => {
    const request = await readRequest(c, BODY_BYTES_MAX);
    const caller = await authenticateAgent(ctx, request);
    return c.json(await applyFacts(ctx, caller, parseBody(FactsRequest, request)));
  });
}
