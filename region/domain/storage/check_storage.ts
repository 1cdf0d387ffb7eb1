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
  faults.push(...mountFaults(plan.filesystems));
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

/** What a shell, fstab and a person read the same way. */
const MOUNT_POINT = /^\/$|^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/;

function mountFaults(filesystems: readonly Filesystem[]): StorageFault[] {
  return filesystems.flatMap(({ type, mountPoint }, i) => {
    if (mountPoint === null) return [];
    const field = `plan.filesystems[${i}].mountPoint`;
    if (type === "swap") return [{ field, detail: "swap is not mounted", value: mountPoint }];
    if (!MOUNT_POINT.test(mountPoint)) {
      return [{ field, detail: "use a path such as /srv/data", value: mountPoint }];
    }
    const first = filesystems.findIndex((each) => each.mountPoint === mountPoint);
    return first === i
      ? []
      : [{ field, detail: `plan.filesystems[${first}] is mounted there`, value: mountPoint }];
  });
}
