import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Device, listDevices, Sizes } from "./devices.ts";
import {
  type Disk,
  type Filesystem,
  MIB,
  type Raid,
  type StoragePlan,
} from "@/shared/machine/storage.ts";

/** One thing that is wrong, at a path such as `plan.raids[0].members`. */
export interface StorageFault {
  readonly field: string;
  readonly detail: string;
  readonly value?: string;
}

const PART_BYTES_MIN = MIB;
/** mdadm(8): the fewest members with which a level makes sense. */
const RAID_MEMBERS_MIN: Readonly<Record<Raid["level"], number>> = { 0: 2, 1: 2, 5: 3, 6: 4, 10: 4 };
/** mdadm(8): the metadata has 32 bytes for it; a number alone would name a device node. */
const RAID_NAME = /^[A-Za-z][\w.-]{0,31}$/;
/** lvm(8), "VALID NAMES": what LVM keeps for its own. */
const VOLUME_NAME_RESERVED =
  /^(snapshot|pvmove)|_(cdata|cmeta|corig|cpool|cvol|mimage|mlog|pmspare|rimage|rmeta|tdata|tmeta|vdata|vorigin|wcorig)/;
/** What mkfs of each refuses to go below: xfsprogs 5.19, btrfs-progs 6. */
const FILESYSTEM_BYTES_MIN: Readonly<Partial<Record<Filesystem["type"], number>>> = {
  xfs: 300 * MIB,
  btrfs: 256 * MIB,
};
const FAULTS_MAX = 50;

/** Throws `invalid_input` with everything that is wrong with a plan on these disks. */
export function checkStorage(plan: StoragePlan, disks: readonly Disk[]): void {
  const faults = findFaults(plan, disks);
  const [first] = faults;
  if (!first) return;
  throw new DomainError({
    kind: "invalid_input",
    code: "storage.invalid",
    message: `${first.field}: ${first.detail}`,
    field: first.field,
    value: first.value,
    errors: faults,
  });
}

/** Everything that is wrong with a plan on these disks, at most 50 things. */
export function findFaults(plan: StoragePlan, disks: readonly Disk[]): StorageFault[] {
  const { devices, repeated } = listDevices(plan, disks);
  const sizes = new Sizes(plan, devices);
  const faults: StorageFault[] = repeated.map((name) => ({
    field: "plan",
    detail: "this name is there twice",
    value: name,
  }));
  faults.push(...tableFaults(plan, disks, sizes), ...raidFaults(plan));
  faults.push(...groupFaults(plan, sizes), ...useFaults(plan, devices));
  faults.push(...filesystemFaults(plan.filesystems, sizes), ...mountFaults(plan.filesystems));
  for (const name of devices.keys()) sizes.of(name);
  for (const value of sizes.cyclic) {
    faults.push({ field: "plan", detail: "this is, by its members, part of itself", value });
  }
  return faults.slice(0, FAULTS_MAX);
}

function tableFaults(plan: StoragePlan, disks: readonly Disk[], sizes: Sizes): StorageFault[] {
  return plan.tables.flatMap(({ disk, partitions }, i) => {
    const field = `plan.tables[${i}]`;
    if (!disks.some(({ name }) => name === disk)) {
      const seen = disks.map(({ name }) => name).join(", ") || "none";
      return [{ field: `${field}.disk`, detail: `no such disk; there are ${seen}`, value: disk }];
    }
    const twice = plan.tables.findIndex((each) => each.disk === disk) !== i
      ? [{ field: `${field}.disk`, detail: "this disk has a table already", value: disk }]
      : [];
    return [
      ...twice,
      ...sizeFaults(`${field}.partitions`, partitions, sizes.ofTable(disk)),
    ];
  });
}

/** Parts of something that has `room` bytes: each of a size, together no more than there is. */
function sizeFaults(
  field: string,
  parts: readonly { name: string; bytes: number | null }[],
  room: number,
): StorageFault[] {
  const faults: StorageFault[] = [];
  const taken = parts.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  for (const [i, { name, bytes }] of parts.entries()) {
    if (bytes === null && i < parts.length - 1) {
      const detail = "only the last one can have what the others leave; say its size";
      faults.push({ field: `${field}[${i}].bytes`, detail, value: name });
    }
    if (bytes !== null && bytes < PART_BYTES_MIN) {
      const detail = `${bytes} bytes are too few; a part has at least ${PART_BYTES_MIN}`;
      faults.push({ field: `${field}[${i}].bytes`, detail, value: name });
    }
  }
  const needed = taken + (parts.at(-1)?.bytes === null ? PART_BYTES_MIN : 0);
  if (needed > room) {
    faults.push({ field, detail: `${needed} bytes are wanted, and there are ${room}` });
  }
  return faults;
}

function raidFaults(plan: StoragePlan): StorageFault[] {
  return plan.raids.flatMap(({ level, members, spares, name }, i) => {
    const field = `plan.raids[${i}]`;
    const least = RAID_MEMBERS_MIN[level];
    const detail = `RAID ${level} needs ${least} members, not ${members.length}`;
    return [
      ...(RAID_NAME.test(name) ? [] : [{
        field: `${field}.name`,
        detail: "use at most 32 letters, digits, _ . and -, a letter first, such as md0",
        value: name,
      }]),
      ...(members.length < least ? [{ field: `${field}.members`, detail, value: name }] : []),
      ...(level === 0 && spares.length > 0
        ? [{ field: `${field}.spares`, detail: "RAID 0 survives no loss: spares are of no use" }]
        : []),
    ];
  });
}

function groupFaults(plan: StoragePlan, sizes: Sizes): StorageFault[] {
  return plan.volumeGroups.flatMap(({ name, members, volumes }, i) => {
    const field = `plan.volumeGroups[${i}]`;
    const twice = plan.volumeGroups.findIndex((each) => each.name === name) !== i;
    return [
      ...(members.length === 0
        ? [{ field: `${field}.members`, detail: "a group has at least one member", value: name }]
        : []),
      ...(twice
        ? [{ field: `${field}.name`, detail: "another group has this name", value: name }]
        : []),
      ...volumes.flatMap(({ name: value }, j) =>
        VOLUME_NAME_RESERVED.test(value)
          ? [{
            field: `${field}.volumes[${j}].name`,
            detail: "LVM keeps this name to itself",
            value,
          }]
          : []
      ),
      ...sizeFaults(`${field}.volumes`, volumes, sizes.ofGroup(name)),
    ];
  });
}

/** Each device has one use: a table, a RAID, a group or a filesystem. */
function useFaults(plan: StoragePlan, devices: ReadonlyMap<string, Device>): StorageFault[] {
  const used = new Map(plan.tables.map(({ disk }, i) => [disk, `plan.tables[${i}]`]));
  const uses = [
    ...plan.raids.flatMap(({ members, spares }, i) => [
      ...members.map((name, j) => [name, `plan.raids[${i}].members[${j}]`] as const),
      ...spares.map((name, j) => [name, `plan.raids[${i}].spares[${j}]`] as const),
    ]),
    ...plan.volumeGroups.flatMap(({ members }, i) =>
      members.map((name, j) => [name, `plan.volumeGroups[${i}].members[${j}]`] as const)
    ),
    ...plan.filesystems.map(({ device }, i) => [device, `plan.filesystems[${i}].device`] as const),
  ];
  return uses.flatMap(([value, field]) => {
    if (!devices.has(value)) return [{ field, detail: "there is nothing of this name", value }];
    const earlier = used.get(value);
    used.set(value, field);
    return earlier === undefined ? [] : [{ field, detail: `${earlier} uses it already`, value }];
  });
}

function filesystemFaults(filesystems: readonly Filesystem[], sizes: Sizes): StorageFault[] {
  return filesystems.flatMap(({ device, type, mountOptions }, i) => {
    const field = `plan.filesystems[${i}]`;
    const bytes = sizes.of(device);
    const least = FILESYSTEM_BYTES_MIN[type] ?? 0;
    const detail = `${bytes} bytes are too few; ${type} needs ${least}`;
    return [
      // What is not there, or part of itself, has none: that is said elsewhere.
      ...(bytes > 0 && bytes < least ? [{ field: `${field}.device`, detail, value: device }] : []),
      ...(/(^|,)subvol(id)?=/.test(mountOptions ?? "")
        ? [{ field: `${field}.mountOptions`, detail: "the installer makes no subvolumes" }]
        : []),
    ];
  });
}

/** What a shell, fstab and a person read the same way. */
const MOUNT_POINT = /^\/$|^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/;
/** What the kernel makes, and what has to be there before anything is mounted. */
const NOT_APART = /^\/(bin|dev|etc|lib|lib32|lib64|libx32|proc|run|sbin|sys)(\/|$)/;
/** Where a system keeps files with owners and links, which vfat cannot. */
const NOT_VFAT = /^\/$|^\/(boot|home|opt|root|tmp|usr|var)(\/|$)/;

function mountFaults(filesystems: readonly Filesystem[]): StorageFault[] {
  return filesystems.flatMap(({ type, mountPoint }, i) => {
    if (mountPoint === null) return [];
    const fault = (detail: string) => [
      { field: `plan.filesystems[${i}].mountPoint`, detail, value: mountPoint },
    ];
    if (type === "swap") return fault("swap is not mounted");
    if (!MOUNT_POINT.test(mountPoint)) return fault("use a path such as /srv/data");
    if (NOT_APART.test(mountPoint)) return fault("a system needs this on the filesystem of /");
    if (type === "vfat" && mountPoint !== "/boot/efi" && NOT_VFAT.test(mountPoint)) {
      return fault("vfat keeps neither owners nor links; use ext4, xfs or btrfs here");
    }
    const first = filesystems.findIndex((each) => each.mountPoint === mountPoint);
    return first === i ? [] : fault(`plan.filesystems[${first}] is mounted there`);
  });
}
