import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createPlacement,
  deletePlacement,
  updatePlacement,
} from "@/region/services/placements/change_placements.ts";
import {
  getPlacement,
  listPlacements,
  PLACEMENT_SORTS,
} from "@/region/services/placements/read_placements.ts";
import { body, createApi, created, etag, IfMatch, ok, requires, RowId } from "./api.ts";
import { RemovalQuery, remove, REMOVED_OR_TRIED } from "./removal.ts";
import { listQuery } from "./list_query.ts";
import { pick } from "./sparse_fields.ts";

const Placement = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string(),
  machineCount: z.int(),
  version: z.int(),
  createdAt: z.string(),
});

/** As MAAS names them. */
export const PlacementName = z.string().min(1).max(64).regex(
  /^\w([ \w-]*\w)?$/,
  "use letters, digits, _, - and spaces; not - or a space at the ends",
);
const NewPlacement = z.strictObject({
  name: PlacementName,
  description: z.string().max(1024).optional(),
});
const Change = NewPlacement.partial();

/** Zones and pools have the same routes. */
function describe(kind: "zone" | "pool", what: string) {
  const tags = [`${kind}s`];
  const request = { params: z.object({ id: RowId }) };
  const single = { path: `/${kind}s/{id}`, tags };
  const many = { path: `/${kind}s`, tags };
  const Page = z.object({
    [`${kind}s`]: z.array(Placement),
    nextCursor: z.string().nullable(),
  });
  return {
    list: createRoute({
      method: "get",
      ...many,
      summary: `${what}, in the order of their making`,
      ...requires("viewer"),
      request: { query: z.strictObject(listQuery({ item: Placement, sorts: PLACEMENT_SORTS })) },
      responses: ok(Page, "A page; nextCursor is null on the last"),
    }),
    create: createRoute({
      method: "post",
      ...many,
      summary: `Make a ${kind}`,
      ...requires("admin"),
      request: { body: body(NewPlacement) },
      responses: created(Placement, `The ${kind}`),
    }),
    get: createRoute({
      method: "get",
      ...single,
      summary: `One ${kind}`,
      ...requires("viewer"),
      request,
      responses: ok(Placement, `The ${kind}`),
    }),
    update: createRoute({
      method: "patch",
      ...single,
      summary: `Rename or describe a ${kind}`,
      ...requires("admin"),
      request: { ...request, headers: IfMatch, body: body(Change) },
      responses: ok(Placement, `The ${kind}`),
    }),
    remove: createRoute({
      method: "delete",
      ...single,
      summary: kind === "zone"
        ? "Remove a zone; its machines go to the default one"
        : "Remove a pool that has no machines",
      ...requires("admin"),
      request: { ...request, headers: IfMatch, query: RemovalQuery },
      responses: REMOVED_OR_TRIED,
    }),
  };
}

export function zoneRoutes(ctx: RegionContext) {
  return placementRoutes(ctx, "zone", "Zones: places that fail together");
}

export function poolRoutes(ctx: RegionContext) {
  return placementRoutes(ctx, "pool", "Pools: machines set apart for some people");
}

function placementRoutes(ctx: RegionContext, kind: "zone" | "pool", what: string) {
  const routes = describe(kind, what);
  const api = createApi();
  api.openapi(routes.list, async (c) => {
    const { fields, ...request } = c.req.valid("query");
    const { rows, nextCursor } = await listPlacements(ctx, c.get("caller"), { kind, ...request });
    return c.json({ [`${kind}s`]: rows.map((row) => pick(row, fields)), nextCursor }, 200);
  });
  api.openapi(routes.create, async (c) => {
    const input = { kind, ...c.req.valid("json") };
    const made = await createPlacement(ctx, c.get("caller"), input);
    return c.json(made, 201, etag(made));
  });
  api.openapi(routes.get, async (c) => {
    const found = await getPlacement(ctx, c.get("caller"), { kind, ...c.req.valid("param") });
    return c.json(found, 200, etag(found));
  });
  api.openapi(routes.update, async (c) => {
    const ifVersion = c.req.valid("header")["if-match"];
    const input = { kind, ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
    const changed = await updatePlacement(ctx, c.get("caller"), input);
    return c.json(changed, 200, etag(changed));
  });
  api.openapi(routes.remove, async (c) => {
    const ifVersion = c.req.valid("header")["if-match"];
    const input = { kind, ...c.req.valid("param"), ifVersion };
    const work = (ctx: RegionContext) => deletePlacement(ctx, c.get("caller"), input);
    return await remove(ctx, c, { ...c.req.valid("query"), work });
  });
  return api;
}
