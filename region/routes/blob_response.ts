import type { Context } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { findBlob, readBlob } from "@/region/services/agents/blobs.ts";
import { rangeOf } from "./agent/preconditions.ts";

/**
 * An image's file, or the range of it that was asked for. RFC 9110 §14. What has a hash for a name
 * never changes, so `If-Range` always holds.
 */
export async function sendBlob(ctx: RegionContext, c: Context, sha256: string): Promise<Response> {
  const { bytes } = await findBlob(ctx, sha256);
  const headers = {
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=31536000, immutable",
    "content-type": "application/octet-stream",
    "etag": `"${sha256}"`,
  };
  const whole = { ...headers, "content-length": String(bytes) };
  if (c.req.method === "HEAD") return new Response(null, { headers: whole });
  const range = rangeOf(c.req.header("range"), bytes);
  if (range === "unsatisfiable") {
    const outside = { ...headers, "content-range": `bytes */${bytes}` };
    return new Response(null, { status: 416, headers: outside });
  }
  const { body } = await readBlob(ctx, sha256, range);
  if (!range) return new Response(body, { headers: whole });
  return new Response(body, {
    status: 206,
    headers: {
      ...headers,
      "content-length": String(range.last - range.first + 1),
      "content-range": `bytes ${range.first}-${range.last}/${bytes}`,
    },
  });
}
