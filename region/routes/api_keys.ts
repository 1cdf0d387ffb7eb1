import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  type ApiKeyView,
  createApiKey,
  listApiKeys,
  revokeApiKey,
} from "@/region/services/identity/manage_api_keys.ts";
import { SCOPES } from "@/shared/identity/scope.ts";
import { body, createApi, created, Limit, ok, oneLine, REMOVED, requires, RowId } from "./api.ts";

const ApiKey = z.object({
  id: z.int(),
  userId: z.int(),
  prefix: z.string().openapi({ description: "The key begins with rwk_ and this" }),
  description: z.string(),
  scope: z.enum(SCOPES),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable().openapi({ description: "To the hour" }),
});
const EXPIRES_IN_SECONDS_MAX = 10 * 366 * 86_400;
const tags = ["identity"];

const listRoute = createRoute({
  method: "get",
  path: "/api-keys",
  tags,
  summary: "My API keys; for an admin with userId, another's",
  ...requires("viewer"),
  request: { query: z.strictObject({ userId: RowId.optional(), limit: Limit }) },
  responses: ok(
    z.object({ apiKeys: z.array(ApiKey), nextCursor: z.null() }),
    "Keys, oldest first, without their text",
  ),
});

const createKeyRoute = createRoute({
  method: "post",
  path: "/api-keys",
  tags,
  summary: "Make an API key of mine; its text is shown only now",
  ...requires("viewer"),
  request: {
    body: body(z.strictObject({
      description: oneLine(128, 1),
      scope: z.enum(SCOPES).openapi({
        description: "read: changes nothing; operate: at most what an operator may; " +
          "admin: all that I may. Never more than I may at the time.",
      }),
      expiresInSeconds: z.int().min(60).max(EXPIRES_IN_SECONDS_MAX).optional().openapi({
        description: "Absent: until it is revoked",
      }),
    })),
  },
  responses: created(ApiKey.extend({ key: z.string() }), "The key"),
});

const revokeRoute = createRoute({
  method: "delete",
  path: "/api-keys/{keyId}",
  tags,
  summary: "Revoke an API key of mine; for an admin, anybody's",
  ...requires("viewer"),
  request: { params: z.object({ keyId: RowId }) },
  responses: REMOVED,
});

export function apiKeyRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const keys = await listApiKeys(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ apiKeys: keys.map(viewKey), nextCursor: null }, 200);
    })
    .openapi(createKeyRoute, async (c) => {
      const { key, ...made } = await createApiKey(ctx, c.get("caller"), c.req.valid("json"));
      c.header("cache-control", "no-store");
      return c.json({ ...viewKey(made), key }, 201);
    })
    .openapi(revokeRoute, async (c) => {
      await revokeApiKey(ctx, c.get("caller"), c.req.valid("param").keyId);
      return c.body(null, 204);
    });
}

function viewKey(key: ApiKeyView) {
  return {
    ...key,
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt?.toISOString() ?? null,
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
  };
}
