import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  readAddressMap,
  readLeaseHistory,
  readUtilisation,
} from "@/region/services/subnets/read_subnet_use.ts";
import { createApi, ok, requires, RowId } from "./api.ts";
import { Address, IpAddressKind } from "./network_schema.ts";

const Count = z.number().nonnegative();
const FreeRange = z.object({ first: z.string(), last: z.string(), count: Count });
const Utilisation = z.object({
  subnetId: z.int(),
  cidr: z.string(),
  /** Addresses that a machine could have. */
  total: Count,
  /** Promised, leased, or both. */
  used: Count,
  usedPercent: z.number(),
  reservations: Count,
  /** Kept for people. */
  user: Count,
  /** Of machines' interfaces, for good. */
  static: Count,
  /** Of machines' interfaces, while they are deployed. */
  auto: Count,
  /** In use by DHCP now. */
  leases: Count,
  /** In dynamic ranges. */
  dynamic: Count,
  /** In reserved ranges. */
  reserved: Count,
  /** What an allocation may take now. */
  available: Count,
  largestFree: Count,
  /** The lowest of them. */
  freeRanges: z.array(FreeRange),
});
const MapAddress = z.object({
  ip: z.string(),
  role: z.enum(["network", "broadcast", "gateway", "dynamic", "reserved", "static"]),
  promise: IpAddressKind.nullable(),
  ipAddressId: z.int().nullable(),
  isLeased: z.boolean(),
  mac: z.string().nullable(),
  hostname: z.string().nullable(),
  systemId: z.string().nullable(),
});
const MapBlock = z.object({
  cidr: z.string(),
  total: Count,
  promised: Count,
  leased: Count,
  dynamic: Count,
  reserved: Count,
});
const AddressMap = z.object({
  subnetId: z.int(),
  block: z.string(),
  /** Null: too many; see `blocks`. */
  addresses: z.array(MapAddress).nullable(),
  /** Null: there are few enough to be shown one by one. */
  blocks: z.array(MapBlock).nullable(),
});
/** A quarter of a year. */
const HISTORY_HOURS_MAX = 24 * 92;
const LeaseHistory = z.object({
  subnetId: z.int(),
  from: z.string(),
  to: z.string(),
  stepSeconds: z.number(),
  /** At `from`, and then every `stepSeconds` until `to`. */
  leases: z.array(z.int()),
});
const params = z.object({ subnetId: RowId });
const tags = ["networks"];

const utilisationRoute = createRoute({
  method: "get",
  path: "/subnets/{subnetId}/utilisation",
  tags,
  summary: "How full a subnet is",
  ...requires("viewer"),
  request: { params },
  responses: ok(Utilisation, "Counts, and what is free"),
});

const addressesRoute = createRoute({
  method: "get",
  path: "/subnets/{subnetId}/addresses",
  tags,
  summary: "A map of a subnet: up to 256 addresses, or 256 blocks to look into",
  ...requires("viewer"),
  request: {
    params,
    /** A block of an earlier answer; absent: the whole subnet. */
    query: z.strictObject({ block: Address.optional() }),
  },
  responses: ok(AddressMap, "The map"),
});

const historyRoute = createRoute({
  method: "get",
  path: "/subnets/{subnetId}/lease-history",
  tags,
  summary: "How many addresses DHCP had given, over time",
  ...requires("viewer"),
  request: {
    params,
    query: z.strictObject({
      hours: z.coerce.number().int().min(1).max(HISTORY_HOURS_MAX).default(168),
    }),
  },
  responses: ok(LeaseHistory, "Counts at evenly spaced moments"),
});

export function subnetUseRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(utilisationRoute, async (c) => {
      const { subnetId } = c.req.valid("param");
      return c.json(await readUtilisation(ctx, c.get("caller"), subnetId), 200);
    })
    .openapi(addressesRoute, async (c) => {
      const input = { ...c.req.valid("param"), ...c.req.valid("query") };
      return c.json(await readAddressMap(ctx, c.get("caller"), input), 200);
    })
    .openapi(historyRoute, async (c) => {
      const input = { ...c.req.valid("param"), ...c.req.valid("query") };
      return c.json(await readLeaseHistory(ctx, c.get("caller"), input), 200);
    });
}
