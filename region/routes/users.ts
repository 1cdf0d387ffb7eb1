import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { createUser } from "@/region/services/identity/create_user.ts";
import { deleteUser } from "@/region/services/identity/delete_user.ts";
import { endSessionsOf } from "@/region/services/identity/manage_sessions.ts";
import { getUser, listUsers } from "@/region/services/identity/read_users.ts";
import { updateUser } from "@/region/services/identity/update_user.ts";
import { ROLES } from "@/shared/machine/lifecycle.ts";
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
import { Cursor, NextCursor } from "./network_schema.ts";
import { DisplayName, Email, NewPassword, User, Username, viewUser } from "./user_schema.ts";

const PoolIds = z.array(z.int().min(1).max(2 ** 31 - 1)).max(1000).nullable().openapi({
  description: "null: all pools. An admin reaches all pools in any case.",
});
/** Addresses are compared in lower case. */
const OidcEmail = z.email().max(254).toLowerCase().nullable();
const params = z.object({ userId: RowId });
const tags = ["identity"];

const listRoute = createRoute({
  method: "get",
  path: "/users",
  tags,
  summary: "Users, in the order of their making",
  ...requires("admin"),
  request: {
    query: z.strictObject({
      q: z.string().min(1).max(100).optional().openapi({
        description: "Part of a name or address",
      }),
      role: z.enum(ROLES).optional(),
      cursor: Cursor,
      limit: Limit,
    }),
  },
  responses: ok(
    z.object({ users: z.array(User), nextCursor: NextCursor }),
    "A page of users",
  ),
});

const createUserRoute = createRoute({
  method: "post",
  path: "/users",
  tags,
  summary: "Make a user",
  ...requires("admin"),
  request: {
    body: body(z.strictObject({
      username: Username,
      password: NewPassword.optional().openapi({
        description: "Absent: signs in with the identity provider or by API key only",
      }),
      role: z.enum(ROLES),
      displayName: DisplayName.optional(),
      email: Email.optional(),
      oidcEmail: OidcEmail.optional(),
      poolIds: PoolIds.optional(),
    })),
  },
  responses: created(User, "The user"),
});

const getRoute = createRoute({
  method: "get",
  path: "/users/{userId}",
  tags,
  summary: "One user",
  ...requires("admin"),
  request: { params },
  responses: ok(User, "The user"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/users/{userId}",
  tags,
  summary: "Change a user; nobody changes their own role",
  ...requires("admin"),
  request: {
    params,
    headers: IfMatch,
    body: body(z.strictObject({
      role: z.enum(ROLES).optional(),
      displayName: DisplayName.optional(),
      email: Email.optional(),
      isDisabled: z.boolean().optional(),
      poolIds: PoolIds.optional(),
      oidcEmail: OidcEmail.optional(),
      unlinkOidc: z.literal(true).optional().openapi({
        description: "Takes away the account of the identity provider, and ends their sessions",
      }),
      password: NewPassword.nullable().optional().openapi({
        description: "null: no password any more",
      }),
    })),
  },
  responses: ok(User, "The user"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/users/{userId}",
  tags,
  summary: "Remove a user who owns no machines",
  ...requires("admin"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

const endSessionsRoute = createRoute({
  method: "delete",
  path: "/users/{userId}/sessions",
  tags,
  summary: "Sign a user out everywhere",
  ...requires("admin"),
  request: { params },
  responses: ok(z.object({ ended: z.int() }), "How many sessions there were"),
});

export function userRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { q: text, ...query } = c.req.valid("query");
      const page = await listUsers(ctx, c.get("caller"), { ...query, text });
      return c.json({ users: page.users.map(viewUser), nextCursor: page.nextCursor }, 200);
    })
    .openapi(createUserRoute, async (c) => {
      const user = await createUser(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(viewUser(user), 201, etag(user));
    })
    .openapi(getRoute, async (c) => {
      const user = await getUser(ctx, c.get("caller"), c.req.valid("param").userId);
      return c.json(viewUser(user), 200, etag(user));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const user = await updateUser(ctx, c.get("caller"), input);
      return c.json(viewUser(user), 200, etag(user));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await deleteUser(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    })
    .openapi(endSessionsRoute, async (c) => {
      const ended = await endSessionsOf(ctx, c.get("caller"), c.req.valid("param").userId);
      return c.json({ ended }, 200);
    });
}
