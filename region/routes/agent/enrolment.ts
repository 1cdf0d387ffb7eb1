import { Hono } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { enrolAgent } from "@/region/services/agents/enrol_agent.ts";
import { EnrolmentRequest } from "@/shared/contract/enrolment.ts";
import { parseBody, readRequest } from "./agent_request.ts";

/** Nobody has proven anything yet: read little. */
const BODY_BYTES_MAX = 16 * 1024;

/** POST /enrolment: a host becomes the agent of a site. */
export function enrolmentRoutes(ctx: RegionContext): Hono {
  return new Hono().post("/enrolment", async (c) => {
    const request = await readRequest(c, BODY_BYTES_MAX);
    const wanted = parseBody(EnrolmentRequest, request);
    const enrolled = await enrolAgent(ctx, request, wanted);
    return c.json(enrolled, 201, { "cache-control": "no-store" });
  });
}
