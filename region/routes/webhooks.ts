import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createWebhook,
  getWebhook,
  listDeliveries,
  listWebhooks,
  pingWebhook,
  redeliver,
  removeWebhook,
  renewSecret,
  updateWebhook,
} from "@/region/services/webhooks/manage_webhooks.ts";
import { viewDelivery, viewWebhook } from "@/region/services/webhooks/webhook_view.ts";
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

const Level = z.enum(["info", "warning", "error"]);

const Webhook = z.object({
  id: z.int(),
  url: z.string(),
  description: z.string(),
  codes: z.array(z.string()),
  level: Level,
  siteId: z.string().nullable(),
  isEnabled: z.boolean(),
  /** Why the region switched it off by itself. */
  disabledBecause: z.string().nullable(),
  failingSince: z.string().nullable(),
  version: z.int(),
  createdAt: z.string(),
});

const WithSecret = Webhook.extend({ secret: z.string() });

const Delivery = z.object({
  id: z.int(),
  /** Null: a ping. */
  eventId: z.int().nullable(),
  kind: z.string(),
  state: z.enum(["pending", "delivered", "failed"]),
  attempts: z.int(),
  nextAttemptAt: z.string().nullable(),
  createdAt: z.string(),
  lastAttemptAt: z.string().nullable(),
  lastStatus: z.int().nullable(),
  lastError: z.string().nullable(),
  lastDurationMs: z.int().nullable(),
});

const fields = {
  url: z.string().min(1).max(2048),
  description: z.string().max(256).optional(),
  codes: z.array(
    z.string().max(128).regex(/^[a-z0-9_.]*\*?$/, "use a code, or the start of one and *"),
  ).max(50).optional(),
  level: Level.optional(),
  siteId: z.string().min(1).max(64).nullable().optional(),
};

const DeliveryId = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const params = z.object({ webhookId: RowId });
const tags = ["webhooks"];
const admin = { tags, ...requires("admin") };

const listRoute = createRoute({
  method: "get",
  path: "/webhooks",
  summary: "All webhooks",
  ...admin,
  responses: ok(
    z.object({ webhooks: z.array(Webhook), nextCursor: z.string().nullable() }),
    "Webhooks, on one page",
  ),
});

const createWebhookRoute = createRoute({
  method: "post",
  path: "/webhooks",
  summary: "Send events somewhere as they happen",
  description:
    "Events from now on, of any of `codes` (such as `machine.*`; none: all), of `level` and graver, " +
    "of `siteId`. Signed as Standard Webhooks say: verify `webhook-signature` with the secret.",
  ...admin,
  request: { body: body(z.strictObject(fields)) },
  responses: created(WithSecret, "The webhook, and its secret, shown only now"),
});

const getRoute = createRoute({
  method: "get",
  path: "/webhooks/{webhookId}",
  summary: "One webhook",
  ...admin,
  request: { params },
  responses: ok(Webhook, "The webhook"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/webhooks/{webhookId}",
  summary: "Change a webhook, or switch it on or off",
  ...admin,
  request: {
    params,
    headers: IfMatch,
    body: body(
      z.strictObject({ ...fields, url: fields.url.optional(), isEnabled: z.boolean().optional() }),
    ),
  },
  responses: ok(Webhook, "The webhook"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/webhooks/{webhookId}",
  summary: "Remove a webhook with what is still on the way",
  ...admin,
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

const secretRoute = createRoute({
  method: "post",
  path: "/webhooks/{webhookId}/renew-secret",
  summary: "Give a webhook another secret",
  ...admin,
  request: { params },
  responses: ok(WithSecret, "The webhook, and its secret, shown only now"),
});

const pingRoute = createRoute({
  method: "post",
  path: "/webhooks/{webhookId}/ping",
  summary: "Send a test",
  ...admin,
  request: { params },
  responses: ok(Delivery, "What came of it"),
});

const deliveriesRoute = createRoute({
  method: "get",
  path: "/webhooks/{webhookId}/deliveries",
  summary: "What was sent in the last week, newest first",
  ...admin,
  request: {
    params,
    query: z.strictObject({
      limit: Limit,
      cursor: z.string().regex(/^\d{1,15}$/, "use nextCursor of the page before").optional(),
    }),
  },
  responses: ok(
    z.object({ deliveries: z.array(Delivery), nextCursor: z.string().nullable() }),
    "A page of deliveries",
  ),
});

const redeliverRoute = createRoute({
  method: "post",
  path: "/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver",
  summary: "Send it once more, as it was",
  ...admin,
  request: { params: params.extend({ deliveryId: DeliveryId }) },
  responses: ok(Delivery, "What came of it"),
});

export function webhookRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const rows = await listWebhooks(ctx, c.get("caller"));
      return c.json({ webhooks: rows.map(viewWebhook), nextCursor: null }, 200);
    })
    .openapi(createWebhookRoute, async (c) => {
      const made = await createWebhook(ctx, c.get("caller"), c.req.valid("json"));
      return c.json({ ...viewWebhook(made.webhook), secret: made.secret }, 201, etag(made.webhook));
    })
    .openapi(getRoute, async (c) => {
      const row = await getWebhook(ctx, c.get("caller"), c.req.valid("param").webhookId);
      return c.json(viewWebhook(row), 200, etag(row));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const row = await updateWebhook(ctx, c.get("caller"), input);
      return c.json(viewWebhook(row), 200, etag(row));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await removeWebhook(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    })
    .openapi(secretRoute, async (c) => {
      const { webhookId } = c.req.valid("param");
      const { webhook, secret } = await renewSecret(ctx, c.get("caller"), webhookId);
      return c.json({ ...viewWebhook(webhook), secret }, 200, etag(webhook));
    })
    .openapi(pingRoute, async (c) => {
      const { webhookId } = c.req.valid("param");
      return c.json(viewDelivery(await pingWebhook(ctx, c.get("caller"), webhookId)), 200);
    })
    .openapi(deliveriesRoute, async (c) => {
      const { limit, cursor } = c.req.valid("query");
      const { rows, next } = await listDeliveries(ctx, c.get("caller"), {
        ...c.req.valid("param"),
        limit,
        before: cursor === undefined ? undefined : Number(cursor),
      });
      const nextCursor = next === undefined ? null : String(next);
      return c.json({ deliveries: rows.map(viewDelivery), nextCursor }, 200);
    })
    .openapi(redeliverRoute, async (c) => {
      return c.json(viewDelivery(await redeliver(ctx, c.get("caller"), c.req.valid("param"))), 200);
    });
}
