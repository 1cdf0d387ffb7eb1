import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createFabric,
  deleteFabric,
  getFabric,
  listFabrics,
  updateFabric,
} from "@/region/services/networks/manage_fabrics.ts";
import {
  body,
  createApi,
  created,
  etag,
  IfMatch,
  Limit,
  ok,
  REMOVED,
  requires,
  RowId,
  TextId,
} from "./api.ts";
import { Cursor, Description, NetworkName, NextCursor } from "./network_schema.ts";

const Fabric = z.object({
  id: z.int(),
  siteId: z.string(),
  name: z.string(),
  classType: z.string().nullable(),
  description: z.string(),
  /** Made with the site. */
  isDefault: z.boolean(),
  version: z.int(),
  createdAt: z.string(),
});
const ClassType = NetworkName.nullable();

const params = z.object({ fabricId: RowId });
const tags = ["networks"];

const listRoute = createRoute({
  method: "get",
  path: "/fabrics",
  tags,
  summary: "Fabrics: switches of a site that are connected",
  ...requires("viewer"),
  request: {
    query: z.strictObject({ siteId: TextId.optional(), cursor: Cursor, limit: Limit }),
  },
  responses: ok(z.object({ fabrics: z.array(Fabric), nextCursor: NextCursor }), "Fabrics"),
});

const createFabricRoute = createRoute({
  method: "post",
  path: "/fabrics",
  tags,
  summary: "Make a fabric with its untagged VLAN",
  ...requires("admin"),
  request: {
    body: body(z.strictObject({
      siteId: TextId,
      name: NetworkName,
      classType: ClassType.optional(),
      description: Description.optional(),
    })),
  },
  responses: created(Fabric, "The fabric"),
});

const getRoute = createRoute({
  method: "get",
  path: "/fabrics/{fabricId}",
  tags,
  summary: "One fabric",
  ...requires("viewer"),
  request: { params },
  responses: ok(Fabric, "The fabric"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/fabrics/{fabricId}",
  tags,
  summary: "Rename a fabric, or say more about it",
  ...requires("admin"),
  request: {
    params,
    headers: IfMatch,
    body: body(z.strictObject({
      name: NetworkName.optional(),
      classType: ClassType.optional(),
      description: Description.optional(),
    })),
  },
  responses: ok(Fabric, "The fabric"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/fabrics/{fabricId}",
  tags,
  summary: "Remove a fabric without subnets, with its VLANs",
  ...requires("admin"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

export function fabricRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const page = await listFabrics(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ ...page, fabrics: page.fabrics.map(viewFabric) }, 200);
    })
    .openapi(createFabricRoute, async (c) => {
      const fabric = await createFabric(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(viewFabric(fabric), 201, etag(fabric));
    })
    .openapi(getRoute, async (c) => {
      const fabric = await getFabric(ctx, c.get("caller"), c.req.valid("param").fabricId);
      return c.json(viewFabric(fabric), 200, etag(fabric));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const fabric = await updateFabric(ctx, c.get("caller"), input);
      return c.json(viewFabric(fabric), 200, etag(fabric));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await deleteFabric(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    });
}

function viewFabric(fabric: Awaited<ReturnType<typeof getFabric>>) {
  return { ...fabric, createdAt: fabric.createdAt.toISOString() };
}
