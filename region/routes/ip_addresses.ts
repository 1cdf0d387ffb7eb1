import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createIpAddress,
  getIpAddress,
  listIpAddresses,
  removeIpAddress,
} from "@/region/services/ip_addresses/manage_ip_addresses.ts";
import { body, createApi, created, etag, IfMatch, ok, REMOVED, requires, RowId } from "./api.ts";
import { IpAddressKind, NextCursor } from "./network_schema.ts";
import { NEW_PROMISE, PROMISE_FIELDS, PROMISE_QUERY } from "./promise_schema.ts";

const IpAddress = z.object({
  ...PROMISE_FIELDS,
  kind: IpAddressKind,
  /** The link of an interface that has it; null: none. */
  linkId: z.int().nullable(),
  userId: z.int().nullable(),
});
const params = z.object({ ipAddressId: RowId });
const tags = ["networks"];

const listRoute = createRoute({
  method: "get",
  path: "/ip-addresses",
  tags,
  summary: "Promised addresses of every kind",
  ...requires("viewer"),
  request: {
    query: z.strictObject({ ...PROMISE_QUERY, kind: IpAddressKind.optional() }),
  },
  responses: ok(
    z.object({ ipAddresses: z.array(IpAddress), nextCursor: NextCursor }),
    "Promised addresses",
  ),
});

const createIpAddressRoute = createRoute({
  method: "post",
  path: "/ip-addresses",
  tags,
  summary: "Keep an address of a subnet for oneself",
  ...requires("operator"),
  request: {
    body: body(z.strictObject(NEW_PROMISE)),
  },
  responses: created(IpAddress, "The address"),
});

const getRoute = createRoute({
  method: "get",
  path: "/ip-addresses/{ipAddressId}",
  tags,
  summary: "One promised address",
  ...requires("viewer"),
  request: { params },
  responses: ok(IpAddress, "The address"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/ip-addresses/{ipAddressId}",
  tags,
  summary: "Free an address that is kept for a person",
  ...requires("operator"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

export function ipAddressRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const page = await listIpAddresses(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ ...page, ipAddresses: page.ipAddresses.map(viewIpAddress) }, 200);
    })
    .openapi(createIpAddressRoute, async (c) => {
      const row = await createIpAddress(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(viewIpAddress(row), 201, etag(row));
    })
    .openapi(getRoute, async (c) => {
      const row = await getIpAddress(ctx, c.get("caller"), c.req.valid("param").ipAddressId);
      return c.json(viewIpAddress(row), 200, etag(row));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await removeIpAddress(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    });
}

function viewIpAddress(row: Awaited<ReturnType<typeof getIpAddress>>) {
  return { ...row, createdAt: row.createdAt.toISOString() };
}
