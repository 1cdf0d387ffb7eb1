import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createReservation,
  removeReservation,
} from "@/region/services/subnets/change_reservations.ts";
import { listReservations } from "@/region/services/subnets/read_subnets.ts";
import { body, createApi, created, Limit, ok, REMOVED, requires, RowId } from "./api.ts";

const Reservation = z.object({
  id: z.int(),
  subnetId: z.int(),
  mac: z.string(),
  ipv4: z.string(),
  version: z.int(),
});
const tags = ["networks"];

const listRoute = createRoute({
  method: "get",
  path: "/reservations",
  tags,
  summary: "Promised addresses",
  ...requires("viewer"),
  request: { query: z.strictObject({ subnetId: RowId.optional(), limit: Limit }) },
  responses: ok(z.object({ reservations: z.array(Reservation) }), "Reservations"),
});

const createReservationRoute = createRoute({
  method: "post",
  path: "/reservations",
  tags,
  summary: "Promise an address to a MAC",
  ...requires("admin"),
  request: {
    body: body(z.strictObject({
      subnetId: RowId,
      mac: z.string().max(64),
      ipv4: z.string().max(64),
    })),
  },
  responses: created(Reservation, "The reservation"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/reservations/{reservationId}",
  tags,
  summary: "Take a promise back",
  ...requires("admin"),
  request: { params: z.object({ reservationId: RowId }) },
  responses: REMOVED,
});

export function reservationRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const reservations = await listReservations(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ reservations }, 200);
    })
    .openapi(createReservationRoute, async (c) => {
      return c.json(await createReservation(ctx, c.get("caller"), c.req.valid("json")), 201);
    })
    .openapi(deleteRoute, async (c) => {
      const { reservationId } = c.req.valid("param");
      await removeReservation(ctx, c.get("caller"), reservationId);
      return c.body(null, 204);
    });
}
