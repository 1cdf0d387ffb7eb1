import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { createSubnet } from "@/region/services/subnets/create_subnet.ts";
import { deleteSubnet } from "@/region/services/subnets/delete_subnet.ts";
import { getSubnet, listSubnets } from "@/region/services/subnets/read_subnets.ts";
import { updateSubnet } from "@/region/services/subnets/update_subnet.ts";
import {
  body,
  createApi,
  created,
  etag,
  IfMatch,
  Limit,
  ok,
  requires,
  RowId,
  TextId,
} from "./api.ts";
import { RemovalQuery, remove, REMOVED_OR_TRIED } from "./removal.ts";
import {
  Address,
  Cursor,
  Description,
  DomainName,
  NetworkName,
  NextCursor,
  RowBody,
} from "./network_schema.ts";

const DhcpMode = z.enum(["serve", "proxy", "off"]);
const Route = z.strictObject({ destination: Address, gateway: Address });

const Subnet = z.object({
  id: z.int(),
  siteId: z.string(),
  vlanId: z.int(),
  cidr: z.string(),
  /** 4 or 6. */
  family: z.int(),
  name: z.string(),
  description: z.string(),
  gateway: z.string().nullable(),
  dnsServers: z.array(z.string()),
  domain: z.string().nullable(),
  /** Whether the agent gives addresses there. */
  dhcp: z.boolean(),
  dhcpMode: DhcpMode,
  leaseSeconds: z.int(),
  isManaged: z.boolean(),
  ntpServers: z.array(z.string()),
  searchDomains: z.array(z.string()),
  classlessRoutes: z.array(Route),
  version: z.int(),
});

const settings = {
  /** Absent: the untagged VLAN of the site's first fabric. */
  vlanId: RowBody.optional(),
  name: NetworkName.optional(),
  description: Description.optional(),
  dnsServers: z.array(Address).max(8).optional(),
  /** A short way to say `dhcpMode`: `serve` or `off`. */
  dhcp: z.boolean().optional(),
  /** `serve`: addresses and boot options; `proxy`: boot options beside somebody else's DHCP. */
  dhcpMode: DhcpMode.optional(),
  /** Below a minute machines do nothing but renew; a year is for ever. */
  leaseSeconds: z.int().min(60).max(31_536_000).optional(),
  /** False: somebody else gives its addresses; ours are those of its reserved ranges. */
  isManaged: z.boolean().optional(),
  ntpServers: z.array(Address).max(8).optional(),
  searchDomains: z.array(DomainName).max(16).optional(),
  /** Ways past the gateway, RFC 3442. */
  classlessRoutes: z.array(Route).max(32).optional(),
};

const params = z.object({ subnetId: RowId });
const tags = ["networks"];

const listRoute = createRoute({
  method: "get",
  path: "/subnets",
  tags,
  summary: "Subnets",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      siteId: TextId.optional(),
      fabricId: RowId.optional(),
      vlanId: RowId.optional(),
      spaceId: RowId.optional(),
      cursor: Cursor,
      limit: Limit,
    }),
  },
  responses: ok(z.object({ subnets: z.array(Subnet), nextCursor: NextCursor }), "Subnets"),
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
      domain: DomainName.optional(),
      ...settings,
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
  summary: "Change where a subnet is and what it announces",
  ...requires("admin"),
  request: {
    params,
    headers: IfMatch,
    body: body(z.strictObject({
      gateway: Address.nullable().optional(),
      domain: DomainName.nullable().optional(),
      ...settings,
    })),
  },
  responses: ok(Subnet, "The subnet"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/subnets/{subnetId}",
  tags,
  summary: "Remove a subnet with its ranges and the addresses promised in it",
  ...requires("admin"),
  request: { params, headers: IfMatch, query: RemovalQuery },
  responses: REMOVED_OR_TRIED,
});

export function subnetRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      return c.json(await listSubnets(ctx, c.get("caller"), c.req.valid("query")), 200);
    })
    .openapi(createSubnetRoute, async (c) => {
      const subnet = await createSubnet(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(subnet, 201, etag(subnet));
    })
    .openapi(getRoute, async (c) => {
      const { subnetId } = c.req.valid("param");
      const subnet = await getSubnet(ctx, c.get("caller"), subnetId);
      return c.json(subnet, 200, etag(subnet));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const subnet = await updateSubnet(ctx, c.get("caller"), input);
      return c.json(subnet, 200, etag(subnet));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ifVersion };
      const work = (ctx: RegionContext) => deleteSubnet(ctx, c.get("caller"), input);
      return await remove(ctx, c, { ...c.req.valid("query"), work });
    });
}
