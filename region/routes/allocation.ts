import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { allocateMachine } from "@/region/services/machines/allocate_machine.ts";
import { body, createApi, Hostname, ok, requires, TextId } from "./api.ts";
import { Architecture, Machine } from "./machine_schema.ts";
import { RowBody } from "./network_schema.ts";
import { PlacementName } from "./placements.ts";
import { TagName } from "./tags.ts";

const Tags = z.array(TagName).max(64);
const Places = z.array(PlacementName).max(64);
const Name = z.string().min(1).max(64);
const Count = z.int().min(0).max(2 ** 31 - 1);
const BusId = z.string().regex(/^[0-9a-f]{4}$/, "use four hexadecimal digits, such as 10de");
const UsbDevice = z.strictObject({
  vendor: BusId.optional(),
  product: BusId.optional(),
  driver: Name.optional(),
});
const PciDevice = UsbDevice.extend({
  /** How the PCI class code begins: 03 is a display, 0302 a 3D controller. */
  class: z.string().regex(
    /^([0-9a-f]{2}){1,3}$/,
    "use the first 2, 4 or 6 hexadecimal digits of a class code, such as 0302",
  ).optional(),
});
/** A device of its own for each, of which all that is said holds. */
const devices = <T extends z.ZodType>(device: T) =>
  z.array(device.refine(
    (want) => Object.values(want as object).some((value) => value !== undefined),
    "say at least one of vendor, product, driver or (PCI) class",
  )).max(64);

/** Each costs a look at the machine's interfaces. */
const Networks = z.array(RowBody).max(16);

/** All of them must hold; a machine that is not Ready, or is locked, is never taken. */
const AllocationRequest = z.strictObject({
  /** At least. */
  cpuCount: Count.optional(),
  /** At least. */
  memoryMib: Count.optional(),
  /** Any of them. */
  architecture: z.array(Architecture).min(1).max(16).optional(),
  siteId: TextId.optional(),
  hostname: Hostname.optional(),
  systemId: TextId.optional(),
  zone: PlacementName.optional(),
  notInZone: Places.optional(),
  pool: PlacementName.optional(),
  notInPool: Places.optional(),
  /** All of them. */
  tags: Tags.optional(),
  /** None of them. */
  notTags: Tags.optional(),
  /** An enabled interface on each of them, by number; `not…`: on none. It is where its VLAN is. */
  subnets: Networks.optional(),
  notSubnets: Networks.optional(),
  vlans: Networks.optional(),
  notVlans: Networks.optional(),
  fabrics: Networks.optional(),
  notFabrics: Networks.optional(),
  spaces: Networks.optional(),
  notSpaces: Networks.optional(),
  /** A disk of its own for each, at least so big. */
  disks: z.array(z.strictObject({
    bytes: z.int().min(0).optional(),
    tags: z.array(z.enum(["ssd", "rotary", "nvme"])).max(3).optional(),
  })).max(64).optional(),
  /** An interface of its own for each, at least so fast. */
  interfaces: z.array(z.strictObject({
    name: Name.optional(),
    speedMbps: Count.optional(),
    linkUp: z.boolean().optional(),
    driver: Name.optional(),
  })).max(64).optional(),
  pciDevices: devices(PciDevice).optional(),
  usbDevices: devices(UsbDevice).optional(),
  /** Whom it is for, in the words of the program that asks; kept until the machine is released. */
  agentName: z.string().max(255).optional(),
  comment: z.string().max(255).optional(),
  /** Say what would be taken, and take nothing. */
  dryRun: z.boolean().optional(),
}).openapi({
  example: {
    cpuCount: 8,
    memoryMib: 65_536,
    tags: ["gpu"],
    disks: [{ bytes: 480_000_000_000, tags: ["ssd"] }],
    pciDevices: [{ vendor: "10de", class: "0302" }],
  },
});

const Parts = z.array(z.string()).optional();

const allocateRoute = createRoute({
  method: "post",
  path: "/machines/allocate",
  tags: ["machines"],
  summary: "Be given the smallest ready machine that fits",
  ...requires("operator"),
  request: { body: body(AllocationRequest) },
  responses: ok(
    z.object({
      machine: Machine,
      /** The parts that met the constraints, in their order: names, or bus addresses. */
      matched: z.object({ disks: Parts, interfaces: Parts, pciDevices: Parts, usbDevices: Parts }),
    }),
    "The machine, yours now unless it was a dry run",
  ),
});

export function allocationRoutes(ctx: RegionContext) {
  return createApi().openapi(allocateRoute, async (c) => {
    const { agentName, comment, dryRun, ...constraints } = c.req.valid("json");
    const input = { constraints, agentName, comment, isDryRun: dryRun ?? false };
    return c.json(await allocateMachine(ctx, c.get("caller"), input), 200);
  });
}
