import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createReservation,
  getReservation,
  listReservations,
  removeReservation,
  updateReservation,
} from "@/region/services/ip_addresses/manage_reservations.ts";
import {
  body,
  createApi,
  created,
  etag,
  Hostname,
  IfMatch,
  ok,
  REMOVED,
  requires,
  RowId,
} from "./api.ts";
import { Address, Description, NextCursor } from "./network_schema.ts";
import { NEW_PROMISE, PROMISE_FIELDS, PROMISE_QUERY } from "./promise_schema.ts";

const Reservation = z.object(PROMISE_FIELDS);
const Mac = z.string().max(64);
const params = z.object({ reservationId: RowId });
const tags = ["networks"];

const listRoute = createRoute({
  method: "get",
  path: "/reservations",
  tags,
  summary: "Addresses promised to MACs",
  ...requires("viewer"),
  request: {
    query: z.strictObject({ ...PROMISE_QUERY, mac: Mac.optional() }),
  },
  responses: ok(
    z.object({ reservations: z.array(Reservation), nextCursor: NextCursor }),
    "Reservations",
  ),
});

const createReservationRoute = createRoute({
  method: "post",
  path: "/reservations",
  tags,
  summary: "Promise an address to a MAC",
  ...requires("admin"),
  request: {
    body: body(z.strictObject({ ...NEW_PROMISE, mac: Mac })),
  },
  responses: created(Reservation, "The reservation"),
});

const getRoute = createRoute({
  method: "get",
  path: "/reservations/{reservationId}",
  tags,
  summary: "One reservation",
  ...requires("viewer"),
  request: { params },
  responses: ok(Reservation, "The reservation"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/reservations/{reservationId}",
  tags,
  summary: "Move a promise to another address or MAC, or say more about it",
  ...requires("admin"),
  request: {
    params,
    headers: IfMatch,
    body: body(z.strictObject({
      mac: Mac.optional(),
      ip: Address.optional(),
      hostname: Hostname.nullable().optional(),
      comment: Description.optional(),
    })),
  },
  responses: ok(Reservation, "The reservation"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/reservations/{reservationId}",
  tags,
  summary: "Take a promise back",
  ...requires("admin"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

export function reservationRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const page = await listReservations(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ ...page, reservations: page.reservations.map(viewReservation) }, 200);
    })
    .openapi(createReservationRoute, async (c) => {
      const reservation = await createReservation(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(viewReservation(reservation), 201, etag(reservation));
    })
    .openapi(getRoute, async (c) => {
      const reservation = await getReservation(
        ctx,
        c.get("caller"),
        c.req.valid("param").reservationId,
      );
      return c.json(viewReservation(reservation), 200, etag(reservation));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const reservation = await updateReservation(ctx, c.get("caller"), input);
      return c.json(viewReservation(reservation), 200, etag(reservation));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await removeReservation(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    });
}

function viewReservation(row: Awaited<ReturnType<typeof getReservation>>) {
  const { id, subnetId, mac, ip, hostname, comment, version } = row;
  const createdAt = row.createdAt.toISOString();
  return { id, subnetId, mac, ip, hostname, comment, version, createdAt };
}
