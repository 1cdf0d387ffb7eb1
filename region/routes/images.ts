import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { importImages } from "@/region/services/images/import_images.ts";
import { IMAGE_SORTS, listImages } from "@/region/services/images/list_images.ts";
import { body, createApi, created, ok, requires } from "./api.ts";
import { listQuery, pageOf } from "./list_query.ts";
import { pick } from "./sparse_fields.ts";

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
  request: {
    query: z.strictObject({
      kind: Image.shape.kind.optional(),
      os: z.string().max(64).optional(),
      architecture: z.string().max(32).optional(),
      ...listQuery({ item: Image, sorts: IMAGE_SORTS }),
    }),
  },
  responses: ok(pageOf("images", Image), "A page of images"),
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
      const { fields, ...request } = c.req.valid("query");
      const { rows, nextCursor } = await listImages(ctx, c.get("caller"), request);
      return c.json({ images: rows.map((row) => pick(viewImage(row), fields)), nextCursor }, 200);
    })
    .openapi(importRoute, async (c) => {
      const { images, skipped } = await importImages(ctx, c.get("caller"), c.req.valid("json"));
      return c.json({ images: images.map(viewImage), skipped }, 201);
    });
}

function viewImage(image: Awaited<ReturnType<typeof listImages>>["rows"][number]) {
  return { ...image, createdAt: image.createdAt.toISOString() };
}
