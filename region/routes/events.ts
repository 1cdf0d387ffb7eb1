import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { EVENT_SORTS, listEvents } from "@/region/services/events/list_events.ts";
import { createApi, ok, requires, TextId } from "./api.ts";
import { listQuery, pageOf } from "./list_query.ts";
import { pick } from "./sparse_fields.ts";

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

/** To the millisecond, as the region writes them. */
const Moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const listRoute = createRoute({
  method: "get",
  path: "/events",
  tags: ["events"],
  summary: "What happened, oldest first",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      machine: TextId.optional(),
      siteId: TextId.optional(),
      operationId: TextId.optional(),
      /** This level and the graver ones. */
      level: Event.shape.level.optional(),
      /** A code, or the start of one and `*`. */
      code: z.string().min(1).max(128).optional(),
      since: Moment.optional(),
      until: Moment.optional(),
      /** The id of the last one seen. */
      after: z.coerce.number().int().nonnegative().optional(),
      ...listQuery({ item: Event, sorts: EVENT_SORTS }),
    }),
  },
  responses: ok(pageOf("events", Event), "A page of events"),
});

export function eventRoutes(ctx: RegionContext) {
  return createApi().openapi(listRoute, async (c) => {
    const { fields, ...request } = c.req.valid("query");
    const { rows, nextCursor } = await listEvents(ctx, c.get("caller"), request);
    return c.json({ events: rows.map((row) => pick(row, fields)), nextCursor }, 200);
  });
}
