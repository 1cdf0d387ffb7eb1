import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  completeUpload,
  dropUpload,
  getUpload,
  startUpload,
  storePart,
  type Upload,
} from "@/region/services/images/upload_file.ts";
import { body, createApi, created, ok, REFUSALS, REMOVED, requires } from "./api.ts";

/** Its body is larger than those of other requests. */
export const FILE_PART_PATH = /^\/api\/v1\/image-files\/[^/]+\/parts\/[^/]+$/;

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "use 64 hex digits in lower case");
const ImageFile = z.object({
  sha256: z.string(),
  bytes: z.int(),
  /** All parts but the last have this many. */
  partBytes: z.int(),
  partCount: z.int(),
  /** From 0. */
  missingParts: z.array(z.int()),
  isComplete: z.boolean(),
});

const params = z.object({ sha256: z.string().min(1).max(64) });
const admin = { tags: ["images"], ...requires("admin") };

const startRoute = createRoute({
  method: "post",
  path: "/image-files",
  summary: "Begin to upload a file, or go on after a break",
  description:
    "Send each of `missingParts` with PUT, in any order, then complete it. A file that " +
    "is here already has none. Whole, and named by no image for a day, it is removed again.",
  ...admin,
  request: { body: body(z.strictObject({ sha256: Sha256, bytes: z.int().min(1) })) },
  responses: created(ImageFile, "The file, and which parts of it are missing"),
});

const getRoute = createRoute({
  method: "get",
  path: "/image-files/{sha256}",
  summary: "How far an upload is",
  ...admin,
  request: { params },
  responses: ok(ImageFile, "The file, and which parts of it are missing"),
});

const partRoute = createRoute({
  method: "put",
  path: "/image-files/{sha256}/parts/{number}",
  summary: "Send a part of a file",
  ...admin,
  request: {
    params: params.extend({ number: z.coerce.number().int().min(0).max(1_000_000) }),
    body: {
      required: true as const,
      content: {
        "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) },
      },
    },
  },
  responses: { 204: { description: "It is stored" }, ...REFUSALS },
});

const completeRoute = createRoute({
  method: "post",
  path: "/image-files/{sha256}/complete",
  summary: "Put the parts together, if they make the file with this hash",
  ...admin,
  request: { params },
  responses: ok(ImageFile, "The file"),
});

const dropRoute = createRoute({
  method: "delete",
  path: "/image-files/{sha256}",
  summary: "Give up on an upload",
  ...admin,
  request: { params },
  responses: REMOVED,
});

export function imageFileRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(startRoute, async (c) => {
      return c.json(view(await startUpload(ctx, c.get("caller"), c.req.valid("json"))), 201);
    })
    .openapi(getRoute, async (c) => {
      const { sha256 } = c.req.valid("param");
      return c.json(view(await getUpload(ctx, c.get("caller"), sha256)), 200);
    })
    .openapi(partRoute, async (c) => {
      const bytes = new Uint8Array(await c.req.arrayBuffer());
      await storePart(ctx, c.get("caller"), { ...c.req.valid("param"), bytes });
      return c.body(null, 204);
    })
    .openapi(completeRoute, async (c) => {
      const { sha256 } = c.req.valid("param");
      return c.json(view(await completeUpload(ctx, c.get("caller"), sha256)), 200);
    })
    .openapi(dropRoute, async (c) => {
      await dropUpload(ctx, c.get("caller"), c.req.valid("param").sha256);
      return c.body(null, 204);
    });
}

function view({ missingParts, ...upload }: Upload) {
  return { ...upload, missingParts: [...missingParts] };
}
