import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { createRange, removeRange, updateRange } from "@/region/services/subnets/change_ranges.ts";
import { getRange, listRanges } from "@/region/services/subnets/read_subnets.ts";
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
import { Address, Cursor, Description, NextCursor, RowBody } from "./network_schema.ts";

const Kind = z.enum(["dynamic", "reserved"]);
const IpRange = z.object({
  id: z.int(),
  subnetId: z.int(),
  kind: Kind,
  first: z.string(),
  last: z.string(),
  comment: z.string(),
  version: z.int(),
});
const params = z.object({ rangeId: RowId });
const tags = ["networks"];

const listRoute = createRoute({
  method: "get",
  path: "/ip-ranges",
  tags,
  summary: "Ranges of addresses",
  ...requires("viewer"),
  request: { query: z.strictObject({ subnetId: RowId.optional(), cursor: Cursor, limit: Limit }) },
  responses: ok(z.object({ ipRanges: z.array(IpRange), nextCursor: NextCursor }), "Ranges"),
});

const createRangeRoute = createRoute({
  method: "post",
  path: "/ip-ranges",
  tags,
  summary: "Give a range to machines without a reservation, or keep it from them",
  ...requires("admin"),
  request: {
    body: body(z.strictObject({
      subnetId: RowBody,
      kind: Kind,
      first: Address,
      last: Address,
      comment: Description.optional(),
    })),
  },
  responses: created(IpRange, "The range"),
});

const getRoute = createRoute({
  method: "get",
  path: "/ip-ranges/{rangeId}",
  tags,
  summary: "One range",
  ...requires("viewer"),
  request: { params },
  responses: ok(IpRange, "The range"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/ip-ranges/{rangeId}",
  tags,
  summary: "Move a range's ends",
  ...requires("admin"),
  request: {
    params,
    headers: IfMatch,
    body: body(z.strictObject({
      first: Address.optional(),
      last: Address.optional(),
      comment: Description.optional(),
    })),
  },
  responses: ok(IpRange, "The range"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/ip-ranges/{rangeId}",
  tags,
  summary: "Remove a range",
  ...requires("admin"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

export function ipRangeRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      return c.json(await listRanges(ctx, c.get("caller"), c.req.valid("query")), 200);
    })
    .openapi(createRangeRoute, async (c) => {
      const range = await createRange(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(range, 201, etag(range));
    })
    .openapi(getRoute, async (c) => {
      const range = await getRange(ctx, c.get("caller"), c.req.valid("param").rangeId);
      return c.json(range, 200, etag(range));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const range = await updateRange(ctx, c.get("caller"), input);
      return c.json(range, 200, etag(range));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await removeRange(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    });
}
