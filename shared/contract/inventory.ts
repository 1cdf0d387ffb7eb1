import { z } from "zod";

const text = z.string().max(256);

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
  /** The BMC as the machine itself sees it, in-band. */
  bmc: z.object({ kind: z.literal("ipmi"), address: text, mac: text.optional() }).optional(),
});
export type Inventory = z.infer<typeof Inventory>;
