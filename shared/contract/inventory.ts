import { z } from "zod";

const text = z.string().max(256);
/** As the buses number vendors and products: four hexadecimal digits, lower case. */
const busId = z.string().regex(/^[0-9a-f]{4}$/);

/** What the collector found in a machine. Absent: the machine did not say. */
export const Inventory = z.object({
  architecture: text, // as `uname -m` names it: x86_64, aarch64
  firmware: z.enum(["bios", "uefi"]),
  hostname: text.optional(),
  system: z.object({
    manufacturer: text.optional(),
    product: text.optional(),
    serial: text.optional(),
    uuid: text.optional(),
  }).default({}),
  cpu: z.object({
    model: text.optional(),
    cores: z.int().nonnegative(),
    threads: z.int().nonnegative().optional(),
  }),
  memoryMib: z.int().nonnegative(),
  interfaces: z.array(z.object({
    name: text,
    mac: text,
    linkUp: z.boolean().optional(),
    speedMbps: z.int().optional(),
    driver: text.optional(),
  })).max(256),
  disks: z.array(z.object({
    name: text, // kernel name, without /dev/
    path: text, // /dev/...
    bytes: z.int().nonnegative(),
    model: text.optional(),
    serial: text.optional(),
    isRotational: z.boolean().optional(),
  })).max(1024),
  /** PCI functions. Absent: an older collector. */
  pciDevices: z.array(z.object({
    address: text, // domain:bus:device.function, such as 0000:3b:00.0
    vendor: busId,
    product: busId,
    class: z.string().regex(/^[0-9a-f]{6}$/).optional(), // PCI class code: 030200 is a 3D controller
    driver: text.optional(),
    numaNode: z.int().nonnegative().optional(),
    vendorName: text.optional(), // from the image's pci.ids; so is the product's
    productName: text.optional(),
  })).max(4096).optional(),
  /** USB devices without the hubs. Absent: an older collector. */
  usbDevices: z.array(z.object({
    address: text, // bus-port[.port…], such as 1-1.4
    vendor: busId,
    product: busId,
    name: text.optional(), // manufacturer and product as the device says them
    driver: text.optional(),
  })).max(1024).optional(),
  /** The BMC as the machine itself sees it, in-band. */
  bmc: z.object({ kind: z.literal("ipmi"), address: text, mac: text.optional() }).optional(),
});
export type Inventory = z.infer<typeof Inventory>;
