import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { createSubnet } from "@/region/services/subnets/create_subnet.ts";
import { deleteSubnet } from "@/region/services/subnets/delete_subnet.ts";
import { getSubnet, listSubnets } from "@/region/services/subnets/read_subnets.ts";
import { updateSubnet } from "@/region/services/subnets/update_subnet.ts";
import { body, createApi, created, Limit, ok, REMOVED, requires, RowId, TextId } from "./api.ts";

const Subnet = z.object({
  id: z.int(),
  siteId: z.string(),
  cidr: z.string(),
  gateway: z.string().nullable(),
  dnsServers: z.array(z.string()),
  domain: z.string().nullable(),
  dhcp: z.boolean(),
  leaseSeconds: z.int(),
  version: z.int(),
});

/** Addresses are parsed by the service, which says what is wrong with them. */
const Address = z.string().max(64);
const Domain = z.string().max(253).regex(
  /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
  "use a domain name in lower case, such as rack1.example.com",
);
/** Below a minute machines do nothing but renew; a year is for ever. */
const LeaseSeconds = z.int().min(60).max(31_536_000);
const DnsServers = z.array(Address).max(8);

const params = z.object({ subnetId: RowId });
const tags = ["networks"];

const listRoute = createRoute({
  method: "get",
  path: "/subnets",
  tags,
  summary: "Subnets",
  ...requires("viewer"),
  request: { query: z.strictObject({ siteId: TextId.optional(), limit: Limit }) },
  responses: ok(z.object({ subnets: z.array(Subnet) }), "Subnets"),
});

const createSubnetRoute = createRoute({
  method: "post",
  path: "/subnets",
  tags,
  summary: "Tell a site of a network that its agent serves",
  ...requires("admin"),
  request: {
    body: body(z.strictObject({
      siteId: TextId,
      cidr: Address,
      gateway: Address.optional(),
      dnsServers: DnsServers.optional(),
      domain: Domain.optional(),
      dhcp: z.boolean().optional(),
      leaseSeconds: LeaseSeconds.optional(),
    })),
  },
  responses: created(Subnet, "The subnet"),
});

const getRoute = createRoute({
  method: "get",
  path: "/subnets/{subnetId}",
  tags,
  summary: "One subnet",
  ...requires("viewer"),
  request: { params },
  responses: ok(Subnet, "The subnet"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/subnets/{subnetId}",
  tags,
  summary: "Change what a subnet announces",
  ...requires("admin"),
  request: {
    params,
    body: body(z.strictObject({
      gateway: Address.nullable().optional(),
      dnsServers: DnsServers.optional(),
      domain: Domain.nullable().optional(),
      dhcp: z.boolean().optional(),
      leaseSeconds: LeaseSeconds.optional(),
    })),
  },
  responses: ok(Subnet, "The subnet"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/subnets/{subnetId}",
  tags,
  summary: "Remove a subnet with its ranges and reservations",
  ...requires("admin"),
  request: { params },
  responses: REMOVED,
});

export function subnetRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const subnets = await listSubnets(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ subnets }, 200);
    })
    .openapi(createSubnetRoute, async (c) => {
      return c.json(await createSubnet(ctx, c.get("caller"), c.req.valid("json")), 201);
    })
    .openapi(getRoute, async (c) => {
      const { subnetId } = c.req.valid("param");
      return c.json(await getSubnet(ctx, c.get("caller"), subnetId), 200);
    })
    .openapi(updateRoute, async (c) => {
      const input = { ...c.req.valid("param"), ...c.req.valid("json") };
      return c.json(await updateSubnet(ctx, c.get("caller"), input), 200);
    })
    .openapi(deleteRoute, async (c) => {
      await deleteSubnet(ctx, c.get("caller"), c.req.valid("param").subnetId);
      return c.body(null, 204);
    });
}
