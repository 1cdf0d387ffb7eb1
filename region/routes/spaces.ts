import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createSpace,
  deleteSpace,
  getSpace,
  listSpaces,
  updateSpace,
} from "@/region/services/networks/manage_spaces.ts";
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
} from "./api.ts";
import { Cursor, Description, NetworkName, NextCursor } from "./network_schema.ts";

const Space = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string(),
  version: z.int(),
  createdAt: z.string(),
});

const params = z.object({ spaceId: RowId });
const tags = ["networks"];

const listRoute = createRoute({
  method: "get",
  path: "/spaces",
  tags,
  summary: "Spaces: networks that may talk to each other",
  ...requires("viewer"),
  request: {
    query: z.strictObject({ cursor: Cursor, limit: Limit }),
  },
  responses: ok(z.object({ spaces: z.array(Space), nextCursor: NextCursor }), "Spaces"),
});

const createSpaceRoute = createRoute({
  method: "post",
  path: "/spaces",
  tags,
  summary: "Make a space",
  ...requires("admin"),
  request: {
    body: body(z.strictObject({
      name: NetworkName,
      description: Description.optional(),
    })),
  },
  responses: created(Space, "The space"),
});

const getRoute = createRoute({
  method: "get",
  path: "/spaces/{spaceId}",
  tags,
  summary: "One space",
  ...requires("viewer"),
  request: { params },
  responses: ok(Space, "The space"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/spaces/{spaceId}",
  tags,
  summary: "Rename a space, or say more about it",
  ...requires("admin"),
  request: {
    params,
    headers: IfMatch,
    body: body(z.strictObject({
      name: NetworkName.optional(),
      description: Description.optional(),
    })),
  },
  responses: ok(Space, "The space"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/spaces/{spaceId}",
  tags,
  summary: "Remove a space; its VLANs are in none then",
  ...requires("admin"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

export function spaceRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const page = await listSpaces(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ ...page, spaces: page.spaces.map(viewSpace) }, 200);
    })
    .openapi(createSpaceRoute, async (c) => {
      const space = await createSpace(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(viewSpace(space), 201, etag(space));
    })
    .openapi(getRoute, async (c) => {
      const space = await getSpace(ctx, c.get("caller"), c.req.valid("param").spaceId);
      return c.json(viewSpace(space), 200, etag(space));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const space = await updateSpace(ctx, c.get("caller"), input);
      return c.json(viewSpace(space), 200, etag(space));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await deleteSpace(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    });
}

function viewSpace(space: Awaited<ReturnType<typeof getSpace>>) {
  return { ...space, createdAt: space.createdAt.toISOString() };
}
