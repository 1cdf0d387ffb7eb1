import type { Inventory } from "@/shared/contract/inventory.ts";
import { assign } from "./assign.ts";

type Disk = Inventory["disks"][number];
type Interface = Inventory["interfaces"][number];
interface BusDevice {
  readonly address: string;
  readonly vendor: string;
  readonly product: string;
  readonly class?: string;
  readonly driver?: string;
}

export const DISK_TAGS = ["ssd", "rotary", "nvme"] as const;
export type DiskTag = typeof DISK_TAGS[number];

/** A disk, at least so big, and of these kinds. */
export interface DiskWant {
  readonly bytes?: number;
  readonly tags?: readonly DiskTag[];
}

export interface InterfaceWant {
  readonly name?: string;
  readonly speedMbps?: number;
  readonly linkUp?: boolean;
  readonly driver?: string;
}

/** All that is said of it must hold; vendor and product are four hexadecimal digits, lower case. */
export interface DeviceWant {
  readonly vendor?: string;
  readonly product?: string;
  readonly driver?: string;
  /** PCI only: how the class code begins, such as `03` for displays or `0302` for 3D controllers. */
  readonly class?: string;
}

/** What is asked of a machine's parts; each want needs a part of its own. Absent: anything. */
export interface PartConstraints {
  readonly disks?: readonly DiskWant[];
  readonly interfaces?: readonly InterfaceWant[];
  readonly pciDevices?: readonly DeviceWant[];
  readonly usbDevices?: readonly DeviceWant[];
}
export type PartField = keyof PartConstraints;
export const PART_FIELDS = ["disks", "interfaces", "pciDevices", "usbDevices"] as const;

/** The name or bus address of the part that each want got, in the order of the wants. */
export type MatchedParts = { readonly [F in PartField]?: string[] };

export interface PartMatch {
  readonly matched: MatchedParts;
  /** Constraints that the machine does not meet; none: it fits. */
  readonly failed: readonly PartField[];
}

/** Holds a machine against what is asked of its parts; one never looked into has none. */
export function matchParts(wanted: PartConstraints, inventory: Inventory | null): PartMatch {
  const found: Record<PartField, string[] | undefined> = {
    disks: share(wanted.disks, inventory?.disks, fitsDisk, ({ name }) => name),
    interfaces: share(wanted.interfaces, inventory?.interfaces, fitsInterface, ({ name }) => name),
    pciDevices: share(
      wanted.pciDevices,
      inventory?.pciDevices,
      fitsDevice,
      ({ address }) => address,
    ),
    usbDevices: share(
      wanted.usbDevices,
      inventory?.usbDevices,
      fitsDevice,
      ({ address }) => address,
    ),
  };
  const asked = PART_FIELDS.filter((field) => wanted[field] !== undefined);
  return {
    matched: Object.fromEntries(asked.map((field) => [field, found[field] ?? []])),
    failed: asked.filter((field) => found[field] === undefined),
  };
}

/** Whether anything is asked that only an inventory can answer. */
export function asksForParts(wanted: PartConstraints): boolean {
  return PART_FIELDS.some((field) => (wanted[field] ?? []).length > 0);
}

function share<W, P>(
  wants: readonly W[] | undefined,
  parts: readonly P[] | undefined,
  fits: (want: W, part: P) => boolean,
  nameOf: (part: P) => string,
): string[] | undefined {
  const shared = assign(wants ?? [], parts ?? [], fits);
  return shared?.flatMap((index) => {
    const part = parts?.[index];
    return part === undefined ? [] : [nameOf(part)];
  });
}

function fitsDisk({ bytes = 0, tags = [] }: DiskWant, disk: Disk): boolean {
  return disk.bytes >= bytes && tags.every((tag) => hasTag(disk, tag));
}

/** A disk that did not say whether it turns is neither. */
function hasTag({ isRotational, name }: Disk, tag: DiskTag): boolean {
  switch (tag) {
    case "ssd":
      return isRotational === false;
    case "rotary":
      return isRotational === true;
    case "nvme":
      return name.startsWith("nvme");
  }
}

function fitsInterface(want: InterfaceWant, found: Interface): boolean {
  return (want.name === undefined || want.name === found.name) &&
    (want.speedMbps === undefined || (found.speedMbps ?? 0) >= want.speedMbps) &&
    (want.linkUp === undefined || want.linkUp === found.linkUp) &&
    (want.driver === undefined || want.driver === found.driver);
}

function fitsDevice(want: DeviceWant, device: BusDevice): boolean {
  return (want.vendor === undefined || want.vendor === device.vendor) &&
    (want.product === undefined || want.product === device.product) &&
    (want.driver === undefined || want.driver === device.driver) &&
    (want.class === undefined || (device.class ?? "").startsWith(want.class));
}
