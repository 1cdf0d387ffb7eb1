import { Hono } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { authenticateAgent } from "@/region/services/agents/authenticate_agent.ts";
import { readChunks, storeUpload } from "@/region/services/agents/blobs.ts";
import { readRequest } from "./agent_request.ts";
import { sendBlob } from "../blob_response.ts";

const UPLOAD_BYTES_MAX = 16 * 1024 * 1024;

/** GET /blobs/{sha256}: an image's file, with Range. PUT: what the site has to tell in bulk. */
export function blobRoutes(ctx: RegionContext): Hono {
  return new Hono()
    .get("/blobs/:sha256", async (c) => {
      await authenticateAgent(ctx, await readRequest(c, 0));
      return await sendBlob(ctx, c, c.req.param("sha256"));
    })
    .get("/blobs/:sha256/chunks", async (c) => {
      await authenticateAgent(ctx, await readRequest(c, 0));
      const { body, bytes } = await readChunks(ctx, c.req.param("sha256"));
      return new Response(body, { headers: { "content-length": String(bytes) } });
    })
    .put("/blobs/:sha256", async (c) => {
      const request = await readRequest(c, UPLOAD_BYTES_MAX);
      const caller = await authenticateAgent(ctx, request);
      const sha256 = c.req.param("sha256");
      const { isNew } = await storeUpload(ctx, caller.siteId, { sha256, bytes: request.body });
      return c.json({ sha256, bytes: request.body.length }, isNew ? 201 : 200);
    });
}
