import { type Disk, MIB, type Raid, type StoragePlan } from "@/shared/machine/storage.ts";

/** Something that a filesystem, a RAID or a volume group can be put on. */
export type Device =
  | { readonly kind: "disk"; readonly bytes: number }
  | { readonly kind: "partition"; readonly bytes: number | null; readonly disk: string }
  | { readonly kind: "raid"; readonly raid: Raid }
  | { readonly kind: "volume"; readonly bytes: number | null; readonly group: string };

/** GPT: a MiB before the first partition for alignment, one behind the last for the second table. */
const TABLE_BYTES = 2 * MIB;
/** LVM: metadata and alignment at the start of each member, and extents of 4 MiB. */
const GROUP_MEMBER_BYTES = 4 * MIB;
/** mdadm's metadata 1.2 with room for a bitmap, rounded up. */
const RAID_MEMBER_BYTES = 128 * MIB;

/** Everything there is by name; a name that is there twice is in `repeated`. */
export function listDevices(
  plan: StoragePlan,
  disks: readonly Disk[],
): { devices: Map<string, Device>; repeated: string[] } {
  const devices = new Map<string, Device>();
  const repeated: string[] = [];
  const add = (name: string, device: Device) => {
    if (devices.has(name)) repeated.push(name);
    else devices.set(name, device);
  };
  for (const { name, bytes } of disks) add(name, { kind: "disk", bytes });
  for (const { disk, partitions } of plan.tables) {
    for (const { name, bytes } of partitions) add(name, { kind: "partition", bytes, disk });
  }
  for (const raid of plan.raids) add(raid.name, { kind: "raid", raid });
  for (const { name: group, volumes } of plan.volumeGroups) {
    for (const { name, bytes } of volumes) {
      add(`${group}/${name}`, { kind: "volume", bytes, group });
    }
  }
  return { devices, repeated };
}

/** Sizes of devices; each is worked out once, and a device that is part of itself is found. */
export class Sizes {
  readonly #known = new Map<string, number>();
  readonly #open = new Set<string>();
  readonly #devices: ReadonlyMap<string, Device>;
  readonly #plan: StoragePlan;
  /** Names of devices that are part of themselves. */
  readonly cyclic = new Set<string>();

  constructor(plan: StoragePlan, devices: ReadonlyMap<string, Device>) {
    this.#plan = plan;
    this.#devices = devices;
  }

  /** In bytes; 0 for what does not exist, or is part of itself. */
  of(name: string): number {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#open.has(name)) {
      this.cyclic.add(name);
      return 0;
    }
    this.#open.add(name);
    const bytes = Math.max(0, this.#work(this.#devices.get(name)));
    this.#open.delete(name);
    this.#known.set(name, bytes);
    return bytes;
  }

  /** What a disk's partitions may have together. */
  ofTable(disk: string): number {
    return Math.max(0, this.of(disk) - TABLE_BYTES);
  }

  /** What a group's volumes may have together. */
  ofGroup(group: string): number {
    const members = this.#plan.volumeGroups.find(({ name }) => name === group)?.members ?? [];
    return members.reduce(
      (sum, name) => sum + Math.max(0, this.of(name) - GROUP_MEMBER_BYTES),
      0,
    );
  }

  #work(device: Device | undefined): number {
    switch (device?.kind) {
      case undefined:
        return 0;
      case "disk":
        return device.bytes;
      case "partition":
        return device.bytes ?? this.ofTable(device.disk) - this.#taken(
              this.#plan.tables.find(({ disk }) => disk === device.disk)?.partitions ?? [],
            );
      case "volume":
        // The members' sizes are asked for in any case: that is how a circle is found.
        return Math.min(
          device.bytes ?? Infinity,
          this.ofGroup(device.group) - (device.bytes === null ? this.#takenIn(device.group) : 0),
        );
      case "raid":
        return this.#raidBytes(device.raid);
    }
  }

  #takenIn(group: string): number {
    return this.#taken(this.#plan.volumeGroups.find(({ name }) => name === group)?.volumes ?? []);
  }

  #taken(parts: readonly { bytes: number | null }[]): number {
    return parts.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  }

  #raidBytes({ level, members }: Raid): number {
    const sizes = members.map((name) => Math.max(0, this.of(name) - RAID_MEMBER_BYTES));
    const smallest = Math.min(...sizes, Infinity);
    if (smallest === Infinity) return 0;
    switch (level) {
      case 0:
        return sizes.reduce((sum, bytes) => sum + bytes, 0);
      case 1:
        return smallest;
      case 5:
        return smallest * (sizes.length - 1);
      case 6:
        return smallest * (sizes.length - 2);
      case 10:
        return Math.floor(smallest * sizes.length / 2);
    }
  }
}
