import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { listEvents } from "@/region/services/events/list_events.ts";
import { createApi, Limit, ok, requires, TextId } from "./api.ts";

const Event = z.object({
  id: z.int(),
  at: z.string(),
  siteId: z.string().nullable(),
  /** The machine's system id. */
  machine: z.string().nullable(),
  operationId: z.string().nullable(),
  level: z.enum(["info", "warning", "error"]),
  code: z.string(),
  message: z.string(),
});

const listRoute = createRoute({
  method: "get",
  path: "/events",
  tags: ["events"],
  summary: "What happened, oldest first",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      machine: TextId.optional(),
      /** The id of the last one seen. */
      after: z.coerce.number().int().nonnegative().optional(),
      limit: Limit,
    }),
  },
  responses: ok(z.object({ events: z.array(Event) }), "Events"),
});

export function eventRoutes(ctx: RegionContext) {
  return createApi().openapi(listRoute, async (c) => {
    const events = await listEvents(ctx, c.get("caller"), c.req.valid("query"));
    return c.json({ events }, 200);
  });
}
