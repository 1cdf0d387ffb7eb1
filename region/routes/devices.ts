import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createDevice,
  deleteDevice,
  updateDevice,
} from "@/region/services/devices/change_devices.ts";
import { DEVICE_SORTS, getDevice, listDevices } from "@/region/services/devices/read_devices.ts";
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
  TextId,
} from "./api.ts";
import { DomainOfHost } from "./domains.ts";
import { listQuery, pageOf } from "./list_query.ts";
import { PlacementName } from "./placements.ts";
import { pick } from "./sparse_fields.ts";

const Device = z.object({
  systemId: z.string(),
  hostname: z.string(),
  domain: z.string(),
  /** The host name in its domain. */
  fqdn: z.string(),
  siteId: z.string(),
  description: z.string(),
  zone: z.string(),
  macs: z.array(z.string()),
  /** What its MACs have been promised, and what they have leases for. */
  addresses: z.array(z.object({
    mac: z.string(),
    address: z.string(),
    kind: z.enum(["reservation", "lease"]),
  })),
  /** The system id of the machine it is part of. */
  parent: z.string().nullable(),
  owner: z.string().nullable(),
  version: z.int(),
  createdAt: z.string(),
});

const NewDevice = z.strictObject({
  siteId: TextId,
  hostname: Hostname.optional(),
  macs: z.array(z.string().max(32)).max(64).optional(),
  description: z.string().max(1024).optional(),
  zone: PlacementName.optional(),
  domain: DomainOfHost.optional(),
  parent: TextId.nullable().optional(),
});

const params = z.object({ systemId: TextId });
const tags = ["devices"];

const listRoute = createRoute({
  method: "get",
  path: "/devices",
  tags,
  summary: "Devices, in the order of their making",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      siteId: TextId.optional(),
      /** Only those of this machine. */
      parent: TextId.optional(),
      ...listQuery({ item: Device, sorts: DEVICE_SORTS }),
    }),
  },
  responses: ok(pageOf("devices", Device), "A page; nextCursor is null on the last"),
});

const createDeviceRoute = createRoute({
  method: "post",
  path: "/devices",
  tags,
  summary: "Make known what cannot be deployed; it is yours",
  ...requires("operator"),
  request: { body: body(NewDevice) },
  responses: created(Device, "The device"),
});

const getRoute = createRoute({
  method: "get",
  path: "/devices/{systemId}",
  tags,
  summary: "One device",
  ...requires("viewer"),
  request: { params },
  responses: ok(Device, "The device"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/devices/{systemId}",
  tags,
  summary: "Change a device of yours",
  ...requires("operator"),
  request: { params, headers: IfMatch, body: body(NewDevice.omit({ siteId: true }).partial()) },
  responses: ok(Device, "The device"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/devices/{systemId}",
  tags,
  summary: "Forget a device of yours; what its MACs were promised stays",
  ...requires("operator"),
  request: { params, headers: IfMatch },
  responses: REMOVED,
});

export function deviceRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { fields, ...request } = c.req.valid("query");
      const { rows, nextCursor } = await listDevices(ctx, c.get("caller"), request);
      return c.json({ devices: rows.map((row) => pick(row, fields)), nextCursor }, 200);
    })
    .openapi(createDeviceRoute, async (c) => {
      const device = await createDevice(ctx, c.get("caller"), c.req.valid("json"));
      return c.json(device, 201, etag(device));
    })
    .openapi(getRoute, async (c) => {
      const device = await getDevice(ctx, c.get("caller"), c.req.valid("param").systemId);
      return c.json(device, 200, etag(device));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const device = await updateDevice(ctx, c.get("caller"), input);
      return c.json(device, 200, etag(device));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await deleteDevice(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    });
}
