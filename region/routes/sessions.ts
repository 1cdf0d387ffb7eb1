import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { PASSWORD_CHARS_MAX } from "@/region/services/identity/password.ts";
import { signIn } from "@/region/services/identity/sign_in.ts";
import { ROLES } from "@/shared/machine/lifecycle.ts";
import { body, createApi, created, ok, PUBLIC, requires } from "./api.ts";

const signInRoute = createRoute({
  method: "post",
  path: "/sessions",
  tags: ["identity"],
  summary: "Sign in with name and password",
  ...PUBLIC,
  request: {
    body: body(z.strictObject({
      username: z.string().min(1).max(64),
      password: z.string().min(1).max(PASSWORD_CHARS_MAX),
    })),
  },
  responses: created(
    z.object({ token: z.string(), expiresAt: z.string() }),
    "A token for the Authorization: Bearer header",
  ),
});

const meRoute = createRoute({
  method: "get",
  path: "/me",
  tags: ["identity"],
  summary: "Who I am",
  ...requires("viewer"),
  responses: ok(z.object({ username: z.string(), role: z.enum(ROLES) }), "The caller"),
});

export function sessionRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(signInRoute, async (c) => {
      const { token, expiresAt } = await signIn(ctx, c.req.valid("json"));
      return c.json({ token, expiresAt: expiresAt.toISOString() }, 201);
    })
    .openapi(meRoute, (c) => {
      const { username, role } = c.get("caller");
      return c.json({ username, role }, 200);
    });
}
