import { createRoute, z } from "@hono/zod-openapi";
import { Hono } from "hono";
import type { RegionContext } from "@/region/context.ts";
import {
  getImagePublishing,
  readTreeText,
  requirePublishedFile,
  TREE_PATH,
} from "@/region/services/images/publish_tree.ts";
import { createApi, ok, requires } from "./api.ts";
import { sendBlob } from "./blob_response.ts";

/**
 * The region's images as a SimpleStreams tree, for mirrors: nobody has to sign in, and the setting
 * `publishesImages` says whether there is one.
 */
export function imageTreeRoutes(ctx: RegionContext): Hono {
  return new Hono()
    .get(`${TREE_PATH}streams/v1/:name`, async (c) => {
      const text = await readTreeText(ctx, `streams/v1/${c.req.param("name")}`);
      return c.body(text, 200, {
        "content-type": c.req.path.endsWith(".json") ? "application/json" : "text/plain",
        "cache-control": "no-cache",
      });
    })
    .get(`${TREE_PATH}files/:sha256/:name`, async (c) => {
      const sha256 = c.req.param("sha256");
      await requirePublishedFile(ctx, sha256);
      return await sendBlob(ctx, c, sha256);
    });
}

const publishingRoute = createRoute({
  method: "get",
  path: "/image-publishing",
  tags: ["images"],
  summary: "Where others can mirror this region's images from, and the key that signs them",
  description: "Another region takes `url` and `publicKey` as a boot source; MAAS and " +
    "`sstream-mirror` take them too. The setting `publishesImages` switches it on.",
  ...requires("viewer"),
  responses: ok(
    z.object({
      isPublished: z.boolean(),
      url: z.string(),
      fingerprint: z.string(),
      publicKey: z.string(),
    }),
    "Address and key",
  ),
});

export function imagePublishingRoutes(ctx: RegionContext) {
  return createApi().openapi(publishingRoute, async (c) => {
    return c.json(await getImagePublishing(ctx, c.get("caller")), 200);
  });
}
