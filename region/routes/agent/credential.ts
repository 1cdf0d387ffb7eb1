import { Hono } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { renewCredential } from "@/region/services/agents/renew_credential.ts";
import { readRequest } from "./agent_request.ts";

/** POST /credential: a fresh credential for whoever shows the last one, expired or not. No body. */
export function credentialRoutes(ctx: RegionContext): Hono {
  return new Hono().post("/credential", async (c) => {
    const renewed = await renewCredential(ctx, await readRequest(c, 0));
    return c.json(renewed, 200, { "cache-control": "no-store" });
  });
}
