import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  endSession,
  listOwnSessions,
  type SessionView,
  signOut,
} from "@/region/services/identity/manage_sessions.ts";
import { PASSWORD_CHARS_MAX } from "@/region/services/identity/password.ts";
import { signIn } from "@/region/services/identity/sign_in.ts";
import { body, createApi, created, Limit, ok, PUBLIC, REMOVED, requires, RowId } from "./api.ts";
import { originOf } from "./authentication.ts";
import { giveSessionCookie, refuseForgery, takeSessionCookie } from "./session_cookie.ts";

const Session = z.object({
  id: z.int(),
  createdAt: z.string(),
  lastUsedAt: z.string(),
  expiresAt: z.string(),
  idleSeconds: z.int().openapi({ description: "It ends when it is not used for so long" }),
  remoteAddress: z.string().nullable(),
  userAgent: z.string(),
  isCurrent: z.boolean(),
});
const tags = ["identity"];

const signInRoute = createRoute({
  method: "post",
  path: "/sessions",
  tags,
  summary: "Sign in with name and password",
  ...PUBLIC,
  request: {
    body: body(z.strictObject({
      username: z.string().min(1).max(64),
      password: z.string().min(1).max(PASSWORD_CHARS_MAX),
      cookie: z.boolean().default(false).openapi({
        description: "True: the token comes as an HttpOnly cookie and not in the answer; " +
          "writes then need the header X-Rackwright-Csrf",
      }),
    })),
  },
  responses: created(
    z.object({ token: z.string().nullable(), expiresAt: z.string() }),
    "A token for the Authorization: Bearer header; null where it came as a cookie",
  ),
});

const listRoute = createRoute({
  method: "get",
  path: "/sessions",
  tags,
  summary: "My sessions",
  ...requires("viewer"),
  request: { query: z.strictObject({ limit: Limit }) },
  responses: ok(
    z.object({ sessions: z.array(Session), nextCursor: z.null() }),
    "Sessions, oldest first",
  ),
});

const signOutRoute = createRoute({
  method: "delete",
  path: "/sessions/current",
  tags,
  summary: "Sign out: end the session that this request comes with",
  ...requires("viewer"),
  responses: REMOVED,
});

const endRoute = createRoute({
  method: "delete",
  path: "/sessions/{sessionId}",
  tags,
  summary: "End a session of mine",
  ...requires("viewer"),
  request: { params: z.object({ sessionId: RowId }) },
  responses: REMOVED,
});

export function sessionRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(signInRoute, async (c) => {
      const { cookie, ...input } = c.req.valid("json");
      if (cookie) refuseForgery(ctx, c.req.raw);
      const { token, expiresAt } = await signIn(ctx, input, originOf(c));
      if (cookie) giveSessionCookie(ctx, c, { token, expiresAt });
      c.header("cache-control", "no-store");
      return c.json({ token: cookie ? null : token, expiresAt: expiresAt.toISOString() }, 201);
    })
    .openapi(listRoute, async (c) => {
      const sessions = await listOwnSessions(ctx, c.get("caller"), c.req.valid("query").limit);
      return c.json({ sessions: sessions.map(viewSession), nextCursor: null }, 200);
    })
    .openapi(signOutRoute, async (c) => {
      await signOut(ctx, c.get("caller"));
      takeSessionCookie(ctx, c);
      return c.body(null, 204);
    })
    .openapi(endRoute, async (c) => {
      await endSession(ctx, c.get("caller"), c.req.valid("param").sessionId);
      return c.body(null, 204);
    });
}

function viewSession(session: SessionView) {
  return {
    ...session,
    createdAt: session.createdAt.toISOString(),
    lastUsedAt: session.lastUsedAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
  };
}
