import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { createRange, removeRange } from "@/region/services/subnets/change_ranges.ts";
import { listRanges } from "@/region/services/subnets/read_subnets.ts";
import { body, createApi, created, Limit, ok, REMOVED, requires, RowId } from "./api.ts";

const Kind = z.enum(["dynamic", "reserved"]);
const IpRange = z.object({
  id: z.int(),
  subnetId: z.int(),
  kind: Kind,
  first: z.string(),
  last: z.string(),
  version: z.int(),
});
const tags = ["networks"];

const listRoute = createRoute({
  method: "get",
  path: "/ip-ranges",
  tags,
  summary: "Ranges of addresses",
  ...requires("viewer"),
  request: { query: z.strictObject({ subnetId: RowId.optional(), limit: Limit }) },
  responses: ok(z.object({ ipRanges: z.array(IpRange) }), "Ranges"),
});

const createRangeRoute = createRoute({
  method: "post",
  path: "/ip-ranges",
  tags,
  summary: "Give a range to machines without a reservation, or keep it from them",
  ...requires("admin"),
  request: {
    body: body(z.strictObject({
      subnetId: RowId,
      kind: Kind,
      first: z.string().max(64),
      last: z.string().max(64),
    })),
  },
  responses: created(IpRange, "The range"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/ip-ranges/{rangeId}",
  tags,
  summary: "Remove a range",
  ...requires("admin"),
  request: { params: z.object({ rangeId: RowId }) },
  responses: REMOVED,
});

export function ipRangeRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const ipRanges = await listRanges(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ ipRanges }, 200);
    })
    .openapi(createRangeRoute, async (c) => {
      return c.json(await createRange(ctx, c.get("caller"), c.req.valid("json")), 201);
    })
    .openapi(deleteRoute, async (c) => {
      await removeRange(ctx, c.get("caller"), c.req.valid("param").rangeId);
      return c.body(null, 204);
    });
}
