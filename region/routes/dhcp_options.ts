import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createDhcpOption,
  DHCP_OPTION_TYPES,
  getDhcpOption,
  listDhcpOptions,
  nameOfOption,
  removeDhcpOption,
  updateDhcpOption,
} from "@/region/services/dhcp_options/manage_dhcp_options.ts";
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
  TextId,
} from "./api.ts";
import { Cursor, Description, NextCursor, RowBody } from "./network_schema.ts";

const DhcpOption = z.object({
  id: z.int(),
  /** For whom it is: one of these, or everybody. */
  siteId: z.string().nullable(),
  subnetId: z.int().nullable(),
  /** The machine's number. */
  machineId: z.int().nullable(),
  code: z.int(),
  /** Null: the code has no name here. */
  name: z.string().nullable(),
  type: z.string(),
  value: z.string(),
  /** The bytes that are sent. */
  hex: z.string(),
  description: z.string(),
  isEnabled: z.boolean(),
  version: z.int(),
  createdAt: z.string(),
});
const Type = z.enum(DHCP_OPTION_TYPES);
const Value = z.string().max(4096);
const params = z.object({ dhcpOptionId: RowId });
const tags = ["networks"];

const listRoute = createRoute({
  method: "get",
  path: "/dhcp-options",
  tags,
  summary: "Options that people added to what DHCP sends",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      siteId: TextId.optional(),
      subnetId: RowId.optional(),
      systemId: TextId.optional(),
      cursor: Cursor,
      limit: Limit,
    }),
  },
  responses: ok(
    z.object({ dhcpOptions: z.array(DhcpOption), nextCursor: NextCursor }),
    "Options",
  ),
});

const createOptionRoute = createRoute({
  method: "post",
  path: "/dhcp-options",
  tags,
  summary: "Add a DHCP option for a site, a subnet, a machine or everybody",
  ...requires("admin"),
  request: {
    body: body(z.strictObject({
      siteId: TextId.optional(),
      subnetId: RowBody.optional(),
      systemId: TextId.optional(),
      /** A name such as `ntp-servers`, or a code. */
      option: z.union([z.string().min(1).max(64), z.int().min(0).max(255)]),
      /** How the value is written; needed for codes without a name. */
      type: Type.optional(),
      /** Lists are separated by commas. */
      value: Value,
      description: Description.optional(),
      isEnabled: z.boolean().optional(),
    })),
  },
  responses: created(DhcpOption, "The option"),
});

const getRoute = createRoute({
  method: "get",
  path: "/dhcp-options/{dhcpOptionId}",
  tags,
  summary: "One option",
  ...requires("viewer"),
  request: { params },
  responses: ok(DhcpOption, "The option"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/dhcp-options/{dhcpOptionId}",
  tags,
  summary: "Change an option's value, or switch it",
  ...requires("admin"),
  request: {
    params,
    headers: IfMatch,
    body: body(z.strictObject({
      value: Value.optional(),
      description: Description.optional(),
      isEnabled: z.boolean().optional(),
    })),
  },
  responses: ok(DhcpOption, "The option"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/dhcp-options/{dhcpOptionId}",
  tags,
  summary: "Remove an option",
  ...requires("admin"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

export function dhcpOptionRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const page = await listDhcpOptions(ctx, c.get("caller"), c.req.valid("query"));
      return c.json({ ...page, dhcpOptions: page.dhcpOptions.map(viewOption) }, 200);
    })
    .openapi(createOptionRoute, async (c) => {
      const option = await createDhcpOption(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(viewOption(option), 201, etag(option));
    })
    .openapi(getRoute, async (c) => {
      const option = await getDhcpOption(ctx, c.get("caller"), c.req.valid("param").dhcpOptionId);
      return c.json(viewOption(option), 200, etag(option));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const option = await updateDhcpOption(ctx, c.get("caller"), input);
      return c.json(viewOption(option), 200, etag(option));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await removeDhcpOption(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    });
}

function viewOption(option: Awaited<ReturnType<typeof getDhcpOption>>) {
  const name = nameOfOption(option.code) ?? null;
  return { ...option, name, createdAt: option.createdAt.toISOString() };
}
