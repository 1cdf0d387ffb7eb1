import type { Inventory } from "@/shared/contract/inventory.ts";

export type Value = string | number | boolean;
export type ValueType = "text" | "number" | "boolean";

/** Something that can be asked of a machine or of a part of it; undefined: it did not say. */
interface Field<T> {
  readonly type: ValueType;
  readonly read: (of: T) => Value | undefined;
}

/** Names and what they stand for; a name with a dot is written with it. */
export type Fields<T> = Readonly<Record<string, Field<T>>>;

const text = <T>(read: (of: T) => string | undefined): Field<T> => ({ type: "text", read });
const number = <T>(read: (of: T) => number | undefined): Field<T> => ({ type: "number", read });
const boolean = <T>(read: (of: T) => boolean | undefined): Field<T> => ({ type: "boolean", read });

/** What can be asked of a machine. */
export const MACHINE_FIELDS: Fields<Inventory> = {
  "architecture": text((i) => i.architecture), // as the kernel names it: x86_64
  "firmware": text((i) => i.firmware),
  "memoryMib": number((i) => i.memoryMib),
  "system.manufacturer": text((i) => i.system.manufacturer),
  "system.product": text((i) => i.system.product),
  "system.serial": text((i) => i.system.serial),
  "system.uuid": text((i) => i.system.uuid),
  "cpu.model": text((i) => i.cpu.model),
  "cpu.cores": number((i) => i.cpu.cores),
  "cpu.threads": number((i) => i.cpu.threads ?? i.cpu.cores),
  "disks.count": number((i) => i.disks.length),
  "disks.bytes": number((i) => i.disks.reduce((sum, { bytes }) => sum + bytes, 0)),
  "interfaces.count": number((i) => i.interfaces.length),
  "pci.count": number((i) => i.pciDevices?.length),
  "usb.count": number((i) => i.usbDevices?.length),
  "bmc.address": text((i) => i.bmc?.address),
};

type Element<K extends keyof Inventory> = NonNullable<Inventory[K]> extends (infer E)[] ? E : never;

const DISK: Fields<Element<"disks">> = {
  name: text((d) => d.name),
  path: text((d) => d.path),
  bytes: number((d) => d.bytes),
  model: text((d) => d.model),
  serial: text((d) => d.serial),
  rotational: boolean((d) => d.isRotational),
};

const INTERFACE: Fields<Element<"interfaces">> = {
  name: text((i) => i.name),
  mac: text((i) => i.mac),
  linkUp: boolean((i) => i.linkUp),
  speedMbps: number((i) => i.speedMbps),
  driver: text((i) => i.driver),
};

const PCI: Fields<Element<"pciDevices">> = {
  address: text((d) => d.address),
  vendor: text((d) => d.vendor),
  product: text((d) => d.product),
  class: text((d) => d.class),
  driver: text((d) => d.driver),
  numaNode: number((d) => d.numaNode),
  vendorName: text((d) => d.vendorName),
  productName: text((d) => d.productName),
};

const USB: Fields<Element<"usbDevices">> = {
  address: text((d) => d.address),
  vendor: text((d) => d.vendor),
  product: text((d) => d.product),
  name: text((d) => d.name),
  driver: text((d) => d.driver),
};

/** Parts that a machine has several of. */
export interface Collection {
  // Each table fits what its own `list` gives; `collection` ties the two.
  readonly fields: Fields<never>;
  readonly list: (inventory: Inventory) => readonly unknown[];
}

function collection<T>(fields: Fields<T>, list: (i: Inventory) => readonly T[]): Collection {
  return { fields: fields as Fields<never>, list };
}

export const COLLECTIONS: Readonly<Record<string, Collection>> = {
  disks: collection(DISK, (i) => i.disks),
  interfaces: collection(INTERFACE, (i) => i.interfaces),
  pci: collection(PCI, (i) => i.pciDevices ?? []),
  usb: collection(USB, (i) => i.usbDevices ?? []),
};
