import { type Context, Hono } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { authenticateAgent } from "@/region/services/agents/authenticate_agent.ts";
import { findBlob, readBlob, storeUpload } from "@/region/services/agents/blobs.ts";
import { readRequest } from "./agent_request.ts";
import { rangeOf } from "./preconditions.ts";

const UPLOAD_BYTES_MAX = 16 * 1024 * 1024;

/** GET /blobs/{sha256}: an image's file, with Range. PUT: what the site has to tell in bulk. */
export function blobRoutes(ctx: RegionContext): Hono {
  return new Hono()
    .get("/blobs/:sha256", async (c) => {
      await authenticateAgent(ctx, await readRequest(c, 0));
      return await sendBlob(ctx, c, c.req.param("sha256"));
    })
    .put("/blobs/:sha256", async (c) => {
      const request = await readRequest(c, UPLOAD_BYTES_MAX);
      const caller = await authenticateAgent(ctx, request);
      const sha256 = c.req.param("sha256");
      const { isNew } = await storeUpload(ctx, caller.siteId, { sha256, bytes: request.body });
      return c.json({ sha256, bytes: request.body.length }, isNew ? 201 : 200);
    });
}

/** RFC 9110 §14. What has a hash for a name never changes, so `If-Range` always holds. */
async function sendBlob(ctx: RegionContext, c: Context, sha256: string): Promise<Response> {
  const { bytes } = await findBlob(ctx, sha256);
  const headers = {
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=31536000, immutable",
    "content-type": "application/octet-stream",
    "etag": `"${sha256}"`,
  };
  const range = rangeOf(c.req.header("range"), bytes);
  if (range === "unsatisfiable") {
    const outside = { ...headers, "content-range": `bytes */${bytes}` };
    return new Response(null, { status: 416, headers: outside });
  }
  const { body } = await readBlob(ctx, sha256, range);
  if (!range) {
    return new Response(body, { headers: { ...headers, "content-length": String(bytes) } });
  }
  return new Response(body, {
    status: 206,
    headers: {
      ...headers,
      "content-length": String(range.last - range.first + 1),
      "content-range": `bytes ${range.first}-${range.last}/${bytes}`,
    },
  });
}
