import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  type BootSourceView,
  createBootSource,
  getBootSource,
  listBootSources,
  removeBootSource,
  updateBootSource,
} from "@/region/services/images/manage_boot_sources.ts";
import { previewSync, startSync } from "@/region/services/images/start_sync.ts";
import {
  body,
  createApi,
  created,
  etag,
  IfMatch,
  ok,
  oneLine,
  REFUSALS,
  REMOVED,
  requires,
  TextId,
} from "./api.ts";
import { ImageSync, viewSync } from "./image_sync_schema.ts";

const Words = z.array(z.string().min(1).max(64)).max(64);
const Selection = z.strictObject({
  os: Words.default([]),
  releases: Words.default([]),
  architectures: Words.default([]),
  subarches: Words.default([]),
  labels: Words.default([]),
});

const BootSource = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  isSigned: z.boolean(),
  keys: z.array(z.object({
    fingerprint: z.string(),
    userIds: z.array(z.string()),
    expiresAt: z.string().nullable(),
  })),
  selections: z.array(Selection),
  keepVersions: z.int(),
  syncMinutes: z.int().nullable(),
  bytesPerSecond: z.int().nullable(),
  agentsFetchDirectly: z.boolean(),
  version: z.int(),
  createdAt: z.string(),
});

const fields = {
  name: oneLine(64, 1),
  url: z.string().min(1).max(2048),
  keyring: z.string().min(1).max(600_000).nullable(),
  selections: z.array(Selection).max(64).optional(),
  keepVersions: z.int().min(1).max(20).optional(),
  syncMinutes: z.int().min(5).max(43_200).nullable().optional(),
  bytesPerSecond: z.int().min(65_536).max(Number.MAX_SAFE_INTEGER).nullable().optional(),
  agentsFetchDirectly: z.boolean().optional(),
};
const Changes = z.strictObject({
  ...fields,
  name: fields.name.optional(),
  url: fields.url.optional(),
  keyring: fields.keyring.optional(),
});

const Preview = z.object({
  images: z.array(z.object({
    product: z.string(),
    version: z.string(),
    title: z.string(),
    os: z.string(),
    release: z.string(),
    architecture: z.string(),
    subarch: z.string(),
    label: z.string(),
    bytes: z.int(),
  })),
  skipped: ImageSync.shape.skipped,
  /** Of all files, each once. */
  bytes: z.int(),
  /** Those that are not here yet. */
  downloadFiles: z.int(),
  downloadBytes: z.int(),
});

const params = z.object({ sourceId: TextId });
const tags = ["images"];

const listRoute = createRoute({
  method: "get",
  path: "/boot-sources",
  tags,
  summary: "Where images come from, by name",
  ...requires("viewer"),
  responses: ok(
    z.object({ bootSources: z.array(BootSource), nextCursor: z.string().nullable() }),
    "Boot sources, on one page",
  ),
});

const createSourceRoute = createRoute({
  method: "post",
  path: "/boot-sources",
  tags,
  summary: "Name a SimpleStreams tree to take images from",
  description: "`keyring`: the OpenPGP keys that may sign its index, armored or as base64 of the " +
    "binary form; null takes the tree unsigned, and has to be said. A product is taken that fits " +
    "every list of one of `selections`; an empty list, or `*`, fits all. The newest `keepVersions` " +
    "of each are kept (1 if absent). Nothing is fetched before the first sync; from then on there " +
    "is one every `syncMinutes` (60 if absent; null: only when asked). With `agentsFetchDirectly` the agents of all sites are " +
    "told where this source has a file and take it from there, verified as always, and from the " +
    "region when that fails; the address must be one that they can reach without credentials.",
  ...requires("admin"),
  request: { body: body(z.strictObject(fields)) },
  responses: created(BootSource, "The boot source"),
});

const getRoute = createRoute({
  method: "get",
  path: "/boot-sources/{sourceId}",
  tags,
  summary: "One boot source",
  ...requires("viewer"),
  request: { params },
  responses: ok(BootSource, "The boot source"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/boot-sources/{sourceId}",
  tags,
  summary: "Change a boot source, for the next sync",
  ...requires("admin"),
  request: { params, headers: IfMatch, body: body(Changes) },
  responses: ok(BootSource, "The boot source"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/boot-sources/{sourceId}",
  tags,
  summary: "Remove a boot source; its images are offered no more",
  ...requires("admin"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

const previewRoute = createRoute({
  method: "get",
  path: "/boot-sources/{sourceId}/preview",
  tags,
  summary: "What a sync would take and download, as the source is now",
  ...requires("operator"),
  request: { params },
  responses: ok(Preview, "What it would do"),
});

const syncRoute = createRoute({
  method: "post",
  path: "/boot-sources/{sourceId}/sync",
  tags,
  summary: "Bring the images here; what broke off goes on where it was",
  ...requires("operator"),
  request: { params },
  responses: {
    202: {
      description: "The sync, whose files come in the background",
      content: { "application/json": { schema: ImageSync } },
    },
    ...REFUSALS,
  },
});

export function bootSourceRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const rows = await listBootSources(ctx, c.get("caller"));
      return c.json({ bootSources: rows.map(viewSource), nextCursor: null }, 200);
    })
    .openapi(createSourceRoute, async (c) => {
      const row = await createBootSource(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(viewSource(row), 201, etag(row));
    })
    .openapi(getRoute, async (c) => {
      const row = await getBootSource(ctx, c.get("caller"), c.req.valid("param").sourceId);
      return c.json(viewSource(row), 200, etag(row));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const row = await updateBootSource(ctx, c.get("caller"), input);
      return c.json(viewSource(row), 200, etag(row));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await removeBootSource(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    })
    .openapi(previewRoute, async (c) => {
      const plan = await previewSync(ctx, c.get("caller"), c.req.valid("param").sourceId);
      return c.json({
        images: plan.images.map(({ files, ...image }) => ({
          ...pickShown(image),
          bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
        })),
        skipped: [...plan.skipped],
        bytes: plan.bytes,
        downloadFiles: plan.missing.length,
        downloadBytes: plan.missing.reduce((sum, { bytes }) => sum + bytes, 0),
      }, 200);
    })
    .openapi(syncRoute, async (c) => {
      const sync = await startSync(ctx, c.get("caller"), c.req.valid("param").sourceId);
      return c.json(viewSync(sync, ctx.now()), 202);
    });
}

type ShownImage = Omit<z.infer<typeof Preview>["images"][number], "bytes">;

function pickShown(image: ShownImage): ShownImage {
  const { product, version, title, os, release, architecture, subarch, label } = image;
  return { product, version, title, os, release, architecture, subarch, label };
}

function viewSource({ keyring, keys, selections, createdAt, ...source }: BootSourceView) {
  return {
    ...source,
    isSigned: keyring !== null,
    keys: keys.map((key) => ({ ...key, userIds: [...key.userIds] })),
    selections: selections.map(({ os, releases, architectures, subarches, labels }) => ({
      os: [...os],
      releases: [...releases],
      architectures: [...architectures],
      subarches: [...subarches],
      labels: [...labels],
    })),
    createdAt: createdAt.toISOString(),
  };
}
