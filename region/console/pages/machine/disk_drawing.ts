import type { Filesystem, StoragePlan } from "@/shared/machine/storage.ts";

/** A device drawn as a bar, and what it is cut into. */
export interface DrawnDevice {
  readonly name: string;
  readonly kind: "disk" | "raid" | "group";
  /** Undefined: nobody knows before it is made. */
  readonly bytes: number | undefined;
  /** A disk's model; of what a RAID or group is made. */
  readonly note: string;
  readonly level?: number;
  readonly members: readonly string[];
  /** Whether the plan has to do with it. */
  readonly isPlanned: boolean;
  readonly parts: readonly DrawnPart[];
}

export interface DrawnPart {
  readonly name: string;
  readonly bytes: number;
  readonly isFree: boolean;
  readonly filesystem: Filesystem | undefined;
  /** What it is a part of further down, such as `md0`. */
  readonly memberOf: string | undefined;
  readonly role: string | undefined;
}

interface Disk {
  readonly name: string;
  readonly bytes: number;
  readonly model?: string;
}

/** Below this a part is too small to be told from the edge. */
const FREE_BYTES_MIN = 64 * 1024 ** 2;

/** A plan as bars: disks first, then what is made of them. */
export function drawStorage(disks: readonly Disk[], plan: StoragePlan): DrawnDevice[] {
  const filesystems = new Map(plan.filesystems.map((each) => [each.device, each]));
  const owners = new Map<string, string>();
  for (const { name, members, spares } of plan.raids) {
    for (const member of [...members, ...spares]) owners.set(member, name);
  }
  for (const { name, members } of plan.volumeGroups) {
    for (const member of members) owners.set(member, name);
  }
  const part = (name: string, bytes: number, role?: string): DrawnPart => ({
    name,
    bytes,
    isFree: false,
    filesystem: filesystems.get(name),
    memberOf: owners.get(name),
    role,
  });
  const sizes = new Map<string, number>();
  const whole = (name: string, bytes: number | undefined): DrawnPart[] =>
    filesystems.has(name) || owners.has(name) ? [part(name, bytes ?? 1)] : [];

  const drawnDisks = disks.map((disk): DrawnDevice => {
    const table = plan.tables.find((each) => each.disk === disk.name);
    const parts = table
      ? fill(
        table.partitions.map(({ name, bytes, role }) => ({ name, bytes, role })),
        disk.bytes,
        part,
      )
      : whole(disk.name, disk.bytes);
    for (const each of parts) sizes.set(each.name, each.bytes);
    sizes.set(disk.name, disk.bytes);
    return {
      name: disk.name,
      kind: "disk",
      bytes: disk.bytes,
      note: disk.model ?? "",
      members: [],
      isPlanned: parts.length > 0,
      parts,
    };
  });
  const drawnRaids = plan.raids.map(({ name, level, members }): DrawnDevice => {
    const bytes = raidBytes(level, members.map((member) => sizes.get(member)));
    if (bytes !== undefined) sizes.set(name, bytes);
    return {
      ...{ name, kind: "raid", bytes, note: "", level, members, isPlanned: true },
      parts: whole(name, bytes),
    };
  });
  const drawnGroups = plan.volumeGroups.map(({ name, members, volumes }): DrawnDevice => {
    const known = members.map((member) => sizes.get(member));
    const bytes = known.some((each) => each === undefined)
      ? undefined
      : known.reduce<number>((sum, each) => sum + (each ?? 0), 0);
    const cuts = volumes.map((volume) => ({ ...volume, name: `${name}/${volume.name}` }));
    return {
      ...{ name, kind: "group", bytes, note: "", members, isPlanned: true },
      parts: fill(cuts, bytes ?? sumOf(cuts), part),
    };
  });
  return [...drawnDisks, ...drawnRaids, ...drawnGroups];
}

interface Cut {
  readonly name: string;
  readonly bytes: number | null;
  readonly role?: string;
}

/** Gives the one without a size what the others leave, and shows what nobody takes. */
function fill(
  cuts: readonly Cut[],
  totalBytes: number,
  part: (name: string, bytes: number, role?: string) => DrawnPart,
): DrawnPart[] {
  const left = Math.max(0, totalBytes - sumOf(cuts));
  const parts = cuts.map(({ name, bytes, role }) => part(name, bytes ?? left, role));
  const isTaken = cuts.some(({ bytes }) => bytes === null);
  if (isTaken || left < FREE_BYTES_MIN) return parts;
  return [...parts, { ...part("", left), isFree: true }];
}

function sumOf(cuts: readonly Cut[]): number {
  return cuts.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
}

function raidBytes(level: number, sizes: readonly (number | undefined)[]): number | undefined {
  if (sizes.length === 0 || sizes.some((each) => each === undefined)) return undefined;
  const least = Math.min(...sizes.map((each) => each ?? 0));
  const shares: Record<number, number> = {
    0: sizes.length,
    1: 1,
    5: sizes.length - 1,
    6: sizes.length - 2,
    10: Math.floor(sizes.length / 2),
  };
  return least * (shares[level] ?? 1);
}
