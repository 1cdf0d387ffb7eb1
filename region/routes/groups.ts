import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createGroup,
  deleteGroup,
  getGroup,
  listGroups,
  updateGroup,
} from "@/region/services/groups/manage_groups.ts";
import {
  body,
  createApi,
  created,
  etag,
  IfMatch,
  Limit,
  ok,
  oneLine,
  REMOVED,
  requires,
  RowId,
} from "./api.ts";
import { Cursor, NextCursor } from "./network_schema.ts";

const Ids = z.array(z.int().min(1).max(2 ** 31 - 1)).max(1000);
const Group = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string(),
  memberIds: z.array(z.int()),
  poolIds: z.array(z.int()).openapi({
    description: "Opened to those members who are limited to pools",
  }),
  createdAt: z.string(),
  version: z.int(),
});
const fields = {
  name: oneLine(64, 1),
  description: oneLine(256).optional(),
  memberIds: Ids.optional(),
  poolIds: Ids.optional(),
};
const params = z.object({ groupId: RowId });
const tags = ["identity"];

const listRoute = createRoute({
  method: "get",
  path: "/groups",
  tags,
  summary: "Groups of users, in the order of their making",
  ...requires("admin"),
  request: { query: z.strictObject({ cursor: Cursor, limit: Limit }) },
  responses: ok(
    z.object({ groups: z.array(Group), nextCursor: NextCursor }),
    "A page of groups",
  ),
});

const createGroupRoute = createRoute({
  method: "post",
  path: "/groups",
  tags,
  summary: "Make a group of users who work in the same pools",
  ...requires("admin"),
  request: { body: body(z.strictObject(fields)) },
  responses: created(Group, "The group"),
});

const getRoute = createRoute({
  method: "get",
  path: "/groups/{groupId}",
  tags,
  summary: "One group",
  ...requires("admin"),
  request: { params },
  responses: ok(Group, "The group"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/groups/{groupId}",
  tags,
  summary: "Change a group; lists are replaced whole",
  ...requires("admin"),
  request: {
    params,
    headers: IfMatch,
    body: body(z.strictObject({ ...fields, name: fields.name.optional() })),
  },
  responses: ok(Group, "The group"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/groups/{groupId}",
  tags,
  summary: "Remove a group; its members lose the pools that only it opened",
  ...requires("admin"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

export function groupRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { groups, nextCursor } = await listGroups(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ groups: groups.map(viewGroup), nextCursor }, 200);
    })
    .openapi(createGroupRoute, async (c) => {
      const group = await createGroup(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(viewGroup(group), 201, etag(group));
    })
    .openapi(getRoute, async (c) => {
      const group = await getGroup(ctx, c.get("caller"), c.req.valid("param").groupId);
      return c.json(viewGroup(group), 200, etag(group));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const group = await updateGroup(ctx, c.get("caller"), input);
      return c.json(viewGroup(group), 200, etag(group));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await deleteGroup(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    });
}

function viewGroup(group: Awaited<ReturnType<typeof getGroup>>) {
  return { ...group, createdAt: group.createdAt.toISOString() };
}
