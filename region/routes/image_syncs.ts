import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { cancelSync, getSync, listSyncs } from "@/region/services/images/start_sync.ts";
import { createApi, Limit, ok, requires, TextId } from "./api.ts";
import { ImageSync, viewSync } from "./image_sync_schema.ts";

const params = z.object({ syncId: TextId });
const tags = ["images"];

const listRoute = createRoute({
  method: "get",
  path: "/image-syncs",
  tags,
  summary: "Syncs of boot sources, newest first",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      sourceId: TextId.optional(),
      state: ImageSync.shape.state.optional(),
      limit: Limit,
      cursor: z.iso.datetime({ error: "use nextCursor of the page before" }).optional(),
    }),
  },
  responses: ok(
    z.object({ imageSyncs: z.array(ImageSync), nextCursor: z.string().nullable() }),
    "A page of syncs",
  ),
});

const getRoute = createRoute({
  method: "get",
  path: "/image-syncs/{syncId}",
  tags,
  summary: "One sync, and how far it is",
  ...requires("viewer"),
  request: { params },
  responses: ok(ImageSync, "The sync"),
});

const cancelRoute = createRoute({
  method: "post",
  path: "/image-syncs/{syncId}/cancel",
  tags,
  summary: "End a sync; what has come is kept for a week, for the next one",
  ...requires("operator"),
  request: { params },
  responses: ok(ImageSync, "The sync"),
});

export function imageSyncRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { cursor, ...filter } = c.req.valid("query");
      const before = cursor === undefined ? undefined : new Date(cursor);
      const rows = await listSyncs(ctx, c.get("caller"), { ...filter, before });
      const last = rows.length < filter.limit ? undefined : rows.at(-1);
      const nextCursor = last?.startedAt.toISOString() ?? null;
      return c.json({ imageSyncs: rows.map((row) => viewSync(row, ctx.now())), nextCursor }, 200);
    })
    .openapi(getRoute, async (c) => {
      const sync = await getSync(ctx, c.get("caller"), c.req.valid("param").syncId);
      return c.json(viewSync(sync, ctx.now()), 200);
    })
    .openapi(cancelRoute, async (c) => {
      const sync = await cancelSync(ctx, c.get("caller"), c.req.valid("param").syncId);
      return c.json(viewSync(sync, ctx.now()), 200);
    });
}
