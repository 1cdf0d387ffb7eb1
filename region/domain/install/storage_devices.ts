import type { Disk, StoragePlan } from "@/shared/machine/storage.ts";
import { checkShellSafe } from "./shell_safe.ts";

/** A disk that the plan writes to, and the shell variable that holds its path. */
export interface UsedDisk {
  readonly disk: Disk;
  /** `$DISK1` */
  readonly shell: string;
}

/** Something that is made of others: a RAID, or a volume group with its volumes. */
export type Made =
  | { readonly kind: "raid"; readonly raid: StoragePlan["raids"][number] }
  | { readonly kind: "group"; readonly group: StoragePlan["volumeGroups"][number] };

/** The devices of a checked plan as the install script knows them. */
export interface StorageDevices {
  readonly plan: StoragePlan;
  /** Those that the plan names, in the order in which they were found; no other is touched. */
  readonly disks: readonly UsedDisk[];
  /** RAIDs and groups, each after what it is made of. */
  readonly made: readonly Made[];
  /** How a device is written in the script, ready to be a word of a command. */
  shell(name: string): string;
  /** What a device is: the key to what the installed system needs to find it. */
  kindOf(name: string): "disk" | "partition" | "raid" | "volume";
}

/** Names that can stand in a script as they are; the API accepts no others. */
const NAME = /^[A-Za-z0-9][\w.+-]{0,63}$/;
const REFERENCE = /^[A-Za-z0-9][\w.+-]{0,63}(\/[A-Za-z0-9][\w.+-]{0,63})?$/;
const DISK_PATH = /^\/dev\/[A-Za-z0-9][\w/.-]{0,60}$/;
const LABEL = /^[\w.-]{0,11}$/;
const MOUNT_POINT = /^\/[\w./-]{0,254}$/;
const MOUNT_OPTIONS = /^[\w.:%+,=/-]{1,200}$/;

/**
 * Works out how a script says each device of a plan that `checkStorage` has found nothing wrong with.
 *
 * Throws `install.unusable_input` for a name that a shell would act on.
 */
export function storageDevices(plan: StoragePlan, found: readonly Disk[]): StorageDevices {
  checkWords(plan);
  const used = new Set([
    ...plan.tables.map(({ disk }) => disk),
    ...plan.raids.flatMap(({ members, spares }) => [...members, ...spares]),
    ...plan.volumeGroups.flatMap(({ members }) => members),
    ...plan.filesystems.map(({ device }) => device),
  ]);
  const disks = found.filter(({ name }) => used.has(name))
    .map((disk, i) => ({ disk, shell: `$DISK${i + 1}` }));
  for (const { disk } of disks) {
    checkShellSafe("disks", disk.path, DISK_PATH, "a disk such as /dev/sda");
  }
  const words = new Map(disks.map(({ disk, shell }) => [disk.name, `"${shell}"`]));
  for (const { disk, partitions } of plan.tables) {
    const shell = disks.find((each) => each.disk.name === disk)?.shell ?? "";
    partitions.forEach(({ name }, i) => words.set(name, `"${shell}_PART${i + 1}"`));
  }
  for (const { name } of plan.raids) words.set(name, `/dev/md/${name}`);
  for (const { name: group, volumes } of plan.volumeGroups) {
    for (const { name } of volumes) words.set(`${group}/${name}`, `/dev/${group}/${name}`);
  }
  return {
    plan,
    disks,
    made: inOrder(plan),
    shell: (name) => words.get(name) ?? unknown(name),
    kindOf: (name) => {
      if (name.includes("/")) return "volume";
      if (plan.raids.some((raid) => raid.name === name)) return "raid";
      return disks.some(({ disk }) => disk.name === name) ? "disk" : "partition";
    },
  };
}

/** What a device is built on, itself included, down to disks: `vgroot/lvroot`, `md0`, `sda-part2`… */
export function builtOn(plan: StoragePlan, name: string): string[] {
  const group = plan.volumeGroups.find((each) => name.startsWith(`${each.name}/`));
  const raid = plan.raids.find((each) => each.name === name);
  const below = group?.members ?? (raid ? [...raid.members, ...raid.spares] : []);
  return [name, ...below.flatMap((each) => builtOn(plan, each))];
}

/** Each after what it is made of; a checked plan has no circles. */
function inOrder(plan: StoragePlan): Made[] {
  const all: Made[] = [
    ...plan.raids.map((raid) => ({ kind: "raid" as const, raid })),
    ...plan.volumeGroups.map((group) => ({ kind: "group" as const, group })),
  ];
  const height = (each: Made): number => {
    const members = each.kind === "raid"
      ? [...each.raid.members, ...each.raid.spares]
      : each.group.members;
    const below = members.flatMap((name) => all.filter((other) => makes(other, name)));
    return 1 + Math.max(0, ...below.map(height));
  };
  return all.map((each) => ({ each, height: height(each) }))
    .sort((a, b) => a.height - b.height).map(({ each }) => each);
}

function makes(made: Made, name: string): boolean {
  return made.kind === "raid" ? made.raid.name === name : name.startsWith(`${made.group.name}/`);
}

function checkWords(plan: StoragePlan): void {
  const names = [
    ...plan.tables.flatMap(({ disk, partitions }) => [disk, ...partitions.map((p) => p.name)]),
    ...plan.raids.map(({ name }) => name),
    ...plan.volumeGroups.flatMap(({ name, volumes }) => [name, ...volumes.map((v) => v.name)]),
  ];
  for (const name of names) {
    checkShellSafe("storage", name, NAME, "a device's name such as sda-part1");
  }
  for (const { device, label, mountPoint, mountOptions } of plan.filesystems) {
    checkShellSafe("storage", device, REFERENCE, "a device's name such as sda-part1");
    checkShellSafe("storage", label ?? "", LABEL, "a label of at most 11 letters and digits");
    checkShellSafe("storage", mountPoint ?? "/", MOUNT_POINT, "a mount point such as /srv/data");
    checkShellSafe(
      "storage",
      mountOptions ?? "defaults",
      MOUNT_OPTIONS,
      "options such as noatime,nofail",
    );
  }
}

function unknown(name: string): never {
  throw new Error(`the plan was not checked: it has no device ${name}`);
}
