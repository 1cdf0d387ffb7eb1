import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { changeOwnPassword, updateOwnUser } from "@/region/services/identity/own_account.ts";
import { PASSWORD_CHARS_MAX } from "@/region/services/identity/password.ts";
import { getOwnUser } from "@/region/services/identity/read_users.ts";
import type { Caller } from "@/region/services/identity/caller.ts";
import type { UserView } from "@/region/services/identity/user_view.ts";
import { SCOPES } from "@/shared/identity/scope.ts";
import { ROLES } from "@/shared/machine/lifecycle.ts";
import { body, createApi, etag, IfMatch, ok, REMOVED, requires } from "./api.ts";
import { DisplayName, Email, NewPassword, User, viewUser } from "./user_schema.ts";

const Me = User.extend({
  actingRole: z.enum(ROLES).openapi({
    description: "The role, or less where an API key limits it",
  }),
  scope: z.enum(SCOPES).nullable().openapi({ description: "Of the API key; null in a session" }),
});
const tags = ["identity"];

const readRoute = createRoute({
  method: "get",
  path: "/me",
  tags,
  summary: "Who I am",
  ...requires("viewer"),
  responses: ok(Me, "The caller"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/me",
  tags,
  summary: "Change how I am called and written to; my role is for admins to change",
  ...requires("viewer"),
  request: {
    headers: IfMatch,
    body: body(z.strictObject({ displayName: DisplayName.optional(), email: Email.optional() })),
  },
  responses: ok(Me, "The caller"),
});

const passwordRoute = createRoute({
  method: "post",
  path: "/me/password",
  tags,
  summary: "Change my password; my other sessions end",
  ...requires("viewer"),
  request: {
    body: body(z.strictObject({
      currentPassword: z.string().min(1).max(PASSWORD_CHARS_MAX),
      newPassword: NewPassword,
    })),
  },
  responses: REMOVED,
});

export function meRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(readRoute, async (c) => {
      const caller = c.get("caller");
      const user = await getOwnUser(ctx, caller);
      return c.json(viewMe(caller, user), 200, etag(user));
    })
    .openapi(updateRoute, async (c) => {
      const caller = c.get("caller");
      const ifVersion = c.req.valid("header")["if-match"];
      const user = await updateOwnUser(ctx, caller, { ...c.req.valid("json"), ifVersion });
      return c.json(viewMe(caller, user), 200, etag(user));
    })
    .openapi(passwordRoute, async (c) => {
      await changeOwnPassword(ctx, c.get("caller"), c.req.valid("json"));
      return c.body(null, 204);
    });
}

function viewMe(caller: Caller, user: UserView) {
  return { ...viewUser(user), actingRole: caller.role, scope: caller.apiKey?.scope ?? null };
}
