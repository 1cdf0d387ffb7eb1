import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { IMAGE_SORTS, listImages } from "@/region/services/images/list_images.ts";
import {
  BOOT_PROFILES,
  IMAGE_FILE_ROLES,
  IMAGE_WORD,
  IMAGE_WORD_ACCEPTED,
  isBootable,
} from "@/shared/machine/image_file.ts";
import { createImage, removeImage } from "@/region/services/images/manage_images.ts";
import { body, createApi, created, ok, oneLine, REMOVED, requires, TextId } from "./api.ts";
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
    role: z.enum(IMAGE_FILE_ROLES),
    sha256: z.string(),
    bytes: z.number(),
  })),
  kernelOptions: z.string(),
  subarch: z.string(),
  label: z.string(),
  /** Null: machines are not booted with it over the network. */
  bootProfile: z.enum(BOOT_PROFILES).nullable(),
  /** `os/release` of what it is made from; null: nobody said so. */
  baseOs: z.string().nullable(),
  minMemoryMib: z.int().nullable(),
  minDiskBytes: z.int().nullable(),
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

const Word = z.string().regex(IMAGE_WORD, IMAGE_WORD_ACCEPTED);

const createImageRoute = createRoute({
  method: "post",
  path: "/images",
  tags: ["images"],
  summary: "Offer an image of your own, from files that were uploaded",
  description:
    "`files`: what gets installed, one of the roles squashfs or root-…; a kernel and an " +
    "initrd besides, where machines can also be started with it over the network, in the way of " +
    "`bootProfile` (maas if absent). `os` and `release` are what it is offered as (custom and the " +
    "name if absent), `baseOs` is what it is made from: where such a system is here, that installs " +
    "it. The same name again makes a newer version of the image.",
  ...requires("admin"),
  request: {
    body: body(z.strictObject({
      name: Word,
      title: oneLine(128, 1).optional(),
      os: Word.optional(),
      release: Word.optional(),
      architecture: z.enum(["amd64", "arm64"]),
      files: z.array(z.strictObject({
        role: z.enum(IMAGE_FILE_ROLES).exclude(["bootfile"]),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, "use 64 hex digits in lower case"),
      })).min(1).max(8),
      kernelOptions: z.string().max(500).regex(
        /^[\w .,:=/@+-]*$/,
        "use letters, digits, spaces and . , : = / @ + - _",
      ).optional(),
      bootProfile: z.enum(BOOT_PROFILES).optional(),
      baseOs: z.string().regex(
        /^[a-z0-9][a-z0-9._-]{0,62}\/[a-z0-9][a-z0-9._-]{0,62}$/,
        "write os/release, such as ubuntu/noble",
      ).nullable().optional(),
      minMemoryMib: z.int().min(1).max(2 ** 31 - 1).nullable().optional(),
      minDiskBytes: z.int().min(1).max(Number.MAX_SAFE_INTEGER).nullable().optional(),
    })),
  },
  responses: created(Image, "The image"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/images/{imageId}",
  tags: ["images"],
  summary: "Offer an uploaded image no more; machines that have it keep it",
  ...requires("admin"),
  request: { params: z.object({ imageId: TextId }) },
  responses: REMOVED,
});

export function imageRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { fields, ...request } = c.req.valid("query");
      const { rows, nextCursor } = await listImages(ctx, c.get("caller"), request);
      return c.json({ images: rows.map((row) => pick(viewImage(row), fields)), nextCursor }, 200);
    })
    .openapi(createImageRoute, async (c) => {
      return c.json(viewImage(await createImage(ctx, c.get("caller"), c.req.valid("json"))), 201);
    })
    .openapi(deleteRoute, async (c) => {
      await removeImage(ctx, c.get("caller"), c.req.valid("param").imageId);
      return c.body(null, 204);
    });
}

function viewImage(image: Awaited<ReturnType<typeof listImages>>["rows"][number]) {
  const { streamFields: _streamFields, retiredAt: _retiredAt, ...shown } = image;
  const files = image.files.map(({ name, role, sha256, bytes }) => ({ name, role, sha256, bytes }));
  const bootProfile = isBootable(files) ? image.bootProfile : null;
  return { ...shown, files, bootProfile, createdAt: image.createdAt.toISOString() };
}
