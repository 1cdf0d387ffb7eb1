import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createNotification,
  dismissNotification,
  getNotification,
  listNotifications,
  removeNotification,
} from "@/region/services/notifications/manage_notifications.ts";
import {
  body,
  createApi,
  created,
  Flag,
  Limit,
  ok,
  oneLine,
  REMOVED,
  requires,
  RowId,
} from "./api.ts";

const Category = z.enum(["info", "success", "warning", "error"]);
const Context = z.record(oneLine(64, 1), z.union([oneLine(256), z.number()]));

const Notification = z.object({
  id: z.int(),
  ident: z.string().nullable().openapi({
    description: "Of what the region says itself: the condition; null: a person wrote it",
  }),
  category: Category,
  message: z.string(),
  context: z.record(z.string(), z.union([z.string(), z.number()])).openapi({
    description: "What it is about: ids by their names",
  }),
  forAdmins: z.boolean(),
  forUsers: z.boolean().openapi({ description: "Operators and viewers" }),
  userId: z.int().nullable().openapi({ description: "Whose alone it is" }),
  isDismissable: z.boolean(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
});

const params = z.object({ notificationId: RowId });
const tags = ["notifications"];

const listRoute = createRoute({
  method: "get",
  path: "/notifications",
  tags,
  summary: "What I should know, in the order in which it came up",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      dismissed: Flag.default(false).openapi({ description: "Also what I have put away" }),
      everybodys: Flag.default(false).openapi({
        description: "All there are, whoever they are for; for admins",
      }),
      cursor: z.string().max(2048).optional(),
      limit: Limit,
    }),
  },
  responses: ok(
    z.object({ notifications: z.array(Notification), nextCursor: z.string().nullable() }),
    "A page of notifications",
  ),
});

const createNotificationRoute = createRoute({
  method: "post",
  path: "/notifications",
  tags,
  summary: "Say something to admins, to the others, or to one person",
  ...requires("admin"),
  request: {
    body: body(z.strictObject({
      category: Category.default("info"),
      message: oneLine(1024, 1),
      context: Context.refine((it) => Object.keys(it).length <= 16, "use at most 16 entries")
        .optional(),
      forAdmins: z.boolean().optional(),
      forUsers: z.boolean().optional(),
      userId: z.int().min(1).max(2 ** 31 - 1).optional(),
      isDismissable: z.boolean().optional(),
      expiresInSeconds: z.int().min(60).max(366 * 86_400).optional().openapi({
        description: "Absent: until it is removed",
      }),
    })),
  },
  responses: created(Notification, "The notification"),
});

const getRoute = createRoute({
  method: "get",
  path: "/notifications/{notificationId}",
  tags,
  summary: "One notification",
  ...requires("viewer"),
  request: { params },
  responses: ok(Notification, "The notification"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/notifications/{notificationId}",
  tags,
  summary: "Remove what an admin wrote",
  ...requires("admin"),
  request: { params },
  responses: REMOVED,
});

const dismissRoute = createRoute({
  method: "post",
  path: "/notifications/{notificationId}/dismiss",
  tags,
  summary: "Put it away, for me",
  ...requires("viewer"),
  request: { params },
  responses: REMOVED,
});

export function notificationRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { dismissed: withDismissed, everybodys: isEverybodys, ...page } = c.req.valid("query");
      const query = { ...page, withDismissed, isEverybodys };
      const { rows, nextCursor } = await listNotifications(ctx, c.get("caller"), query);
      return c.json({ notifications: rows.map(viewNotification), nextCursor }, 200);
    })
    .openapi(createNotificationRoute, async (c) => {
      const { expiresInSeconds, ...input } = c.req.valid("json");
      const expiresAt = expiresInSeconds === undefined
        ? undefined
        : new Date(ctx.now().getTime() + expiresInSeconds * 1000);
      const row = await createNotification(ctx, c.get("caller"), { ...input, expiresAt });
      return c.json(viewNotification(row), 201);
    })
    .openapi(getRoute, async (c) => {
      const { notificationId } = c.req.valid("param");
      return c.json(
        viewNotification(await getNotification(ctx, c.get("caller"), notificationId)),
        200,
      );
    })
    .openapi(deleteRoute, async (c) => {
      await removeNotification(ctx, c.get("caller"), c.req.valid("param").notificationId);
      return c.body(null, 204);
    })
    .openapi(dismissRoute, async (c) => {
      await dismissNotification(ctx, c.get("caller"), c.req.valid("param").notificationId);
      return c.body(null, 204);
    });
}

function viewNotification(row: Awaited<ReturnType<typeof getNotification>>) {
  return {
    ...row,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
  };
}
