import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { IMAGE_SORTS, listImages } from "@/region/services/images/list_images.ts";
import { createApi, ok, requires } from "./api.ts";
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
  subarch: z.string(),
  label: z.string(),
  /** Null: it was uploaded, or its source is gone. */
  sourceId: z.string().nullable(),
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

export function imageRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { fields, ...request } = c.req.valid("query");
      const { rows, nextCursor } = await listImages(ctx, c.get("caller"), request);
      return c.json({ images: rows.map((row) => pick(viewImage(row), fields)), nextCursor }, 200);
    });
}

function viewImage(image: Awaited<ReturnType<typeof listImages>>["rows"][number]) {
  const { streamFields: _streamFields, retiredAt: _retiredAt, ...shown } = image;
  return { ...shown, createdAt: image.createdAt.toISOString() };
}
