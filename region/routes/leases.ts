import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { listLeases } from "@/region/services/subnets/read_subnets.ts";
import { createApi, Flag, Limit, ok, requires, RowId, TextId } from "./api.ts";

const Lease = z.object({
  id: z.int(),
  siteId: z.string(),
  ipv4: z.string(),
  mac: z.string(),
  subnetId: z.int(),
  hostname: z.string().nullable(),
  givenAt: z.string(),
  endedAt: z.string().nullable(),
});

const listRoute = createRoute({
  method: "get",
  path: "/leases",
  tags: ["networks"],
  summary: "Addresses in use, newest first",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      siteId: TextId.optional(),
      subnetId: RowId.optional(),
      /** `true`: without those that have ended. */
      open: Flag.optional(),
      /** The id of the last one seen: the page after it. */
      before: z.coerce.number().int().positive().optional(),
      limit: Limit,
    }),
  },
  responses: ok(z.object({ leases: z.array(Lease) }), "Leases"),
});

export function leaseRoutes(ctx: RegionContext) {
  return createApi().openapi(listRoute, async (c) => {
    const { open, before, ...query } = c.req.valid("query");
    const filter = { ...query, isOpen: open, beforeId: before };
    const leases = await listLeases(ctx, c.get("caller"), filter);
    return c.json({
      leases: leases.map((lease) => ({
        ...lease,
        givenAt: lease.givenAt.toISOString(),
        endedAt: lease.endedAt?.toISOString() ?? null,
      })),
    }, 200);
  });
}
