import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createVlan,
  deleteVlan,
  getVlan,
  listVlans,
  updateVlan,
} from "@/region/services/networks/manage_vlans.ts";
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
import { Cursor, Description, NetworkName, NextCursor, RowBody } from "./network_schema.ts";

const Vlan = z.object({
  id: z.int(),
  fabricId: z.int(),
  siteId: z.string(),
  /** 0: frames without a tag. */
  vid: z.int(),
  name: z.string(),
  description: z.string(),
  /** Bytes. */
  mtu: z.int(),
  /** Off: the agent answers no DHCP on any of its subnets. */
  dhcp: z.boolean(),
  relayVlanId: z.int().nullable(),
  spaceId: z.int().nullable(),
  version: z.int(),
  createdAt: z.string(),
});
const Vid = z.int().min(1).max(4094);
const settings = {
  name: NetworkName.optional(),
  description: Description.optional(),
  /** Bytes; announced to machines when it is not 1500. */
  mtu: z.int().min(552).max(65_535).optional(),
  dhcp: z.boolean().optional(),
  /** The VLAN to which a relay of the operator's carries this one's DHCP. */
  relayVlanId: RowBody.nullable().optional(),
  spaceId: RowBody.nullable().optional(),
};

const params = z.object({ vlanId: RowId });
const tags = ["networks"];

const listRoute = createRoute({
  method: "get",
  path: "/vlans",
  tags,
  summary: "VLANs",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      siteId: TextId.optional(),
      fabricId: RowId.optional(),
      spaceId: RowId.optional(),
      cursor: Cursor,
      limit: Limit,
    }),
  },
  responses: ok(z.object({ vlans: z.array(Vlan), nextCursor: NextCursor }), "VLANs"),
});

const createVlanRoute = createRoute({
  method: "post",
  path: "/vlans",
  tags,
  summary: "Make a VLAN in a fabric",
  ...requires("admin"),
  request: {
    body: body(z.strictObject({ fabricId: RowBody, vid: Vid, ...settings })),
  },
  responses: created(Vlan, "The VLAN"),
});

const getRoute = createRoute({
  method: "get",
  path: "/vlans/{vlanId}",
  tags,
  summary: "One VLAN",
  ...requires("viewer"),
  request: { params },
  responses: ok(Vlan, "The VLAN"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/vlans/{vlanId}",
  tags,
  summary: "Change a VLAN",
  ...requires("admin"),
  request: {
    params,
    headers: IfMatch,
    body: body(z.strictObject({ vid: Vid.optional(), ...settings })),
  },
  responses: ok(Vlan, "The VLAN"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/vlans/{vlanId}",
  tags,
  summary: "Remove a VLAN without subnets",
  ...requires("admin"),
  request: { params, headers: IfMatch, query: RemovalQuery },
  responses: REMOVED_OR_TRIED,
});

export function vlanRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const page = await listVlans(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ ...page, vlans: page.vlans.map(viewVlan) }, 200);
    })
    .openapi(createVlanRoute, async (c) => {
      const vlan = await createVlan(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(viewVlan(vlan), 201, etag(vlan));
    })
    .openapi(getRoute, async (c) => {
      const vlan = await getVlan(ctx, c.get("caller"), c.req.valid("param").vlanId);
      return c.json(viewVlan(vlan), 200, etag(vlan));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const vlan = await updateVlan(ctx, c.get("caller"), input);
      return c.json(viewVlan(vlan), 200, etag(vlan));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ifVersion };
      const work = (ctx: RegionContext) => deleteVlan(ctx, c.get("caller"), input);
      return await remove(ctx, c, { ...c.req.valid("query"), work });
    });
}

function viewVlan(vlan: Awaited<ReturnType<typeof getVlan>>) {
  return { ...vlan, createdAt: vlan.createdAt.toISOString() };
}
