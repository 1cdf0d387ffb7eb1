import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { importImages } from "@/region/services/images/import_images.ts";
import { listImages } from "@/region/services/images/list_images.ts";
import { body, createApi, created, Limit, ok, requires } from "./api.ts";

const Image = z.object({
  id: z.string(),
  product: z.string(),
  version: z.string(),
  title: z.string(),
  os: z.string(),
  release: z.string(),
  releaseTitle: z.string(),
  architecture: z.string(),
  kind: z.enum(["os", "bootloader"]),
  files: z.array(z.object({
    name: z.string(),
    role: z.enum(["kernel", "initrd", "squashfs", "bootfile"]),
    sha256: z.string(),
    bytes: z.number(),
  })),
  kernelOptions: z.string(),
  sourceUrl: z.string(),
  createdAt: z.string(),
});

const listRoute = createRoute({
  method: "get",
  path: "/images",
  tags: ["images"],
  summary: "Operating systems and boot programs, newest first",
  ...requires("viewer"),
  request: { query: z.strictObject({ limit: Limit }) },
  responses: ok(z.object({ images: z.array(Image) }), "Images"),
});

const importRoute = createRoute({
  method: "post",
  path: "/images/imports",
  tags: ["images"],
  summary: "Take the newest version of every product of a SimpleStreams tree",
  ...requires("admin"),
  request: { body: body(z.strictObject({ url: z.string().min(1).max(2048) })) },
  responses: created(
    z.object({
      images: z.array(Image),
      skipped: z.array(z.object({ product: z.string(), reason: z.string() })),
    }),
    "What was taken, and what was left out and why",
  ),
});

export function imageRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const images = await listImages(ctx, c.get("caller"), c.req.valid("query").limit);
      return c.json({ images: images.map(viewImage) }, 200);
    })
    .openapi(importRoute, async (c) => {
      const { images, skipped } = await importImages(ctx, c.get("caller"), c.req.valid("json"));
      return c.json({ images: images.map(viewImage), skipped }, 201);
    });
}

function viewImage(image: Awaited<ReturnType<typeof listImages>>[number]) {
  return { ...image, createdAt: image.createdAt.toISOString() };
}
