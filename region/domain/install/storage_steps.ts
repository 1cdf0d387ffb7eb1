import {
  type Filesystem,
  MIB,
  type Partition,
  type Raid,
  type StoragePlan,
} from "@/shared/machine/storage.ts";
import { SPARE_EFI, type Step } from "./install_step.ts";
import type { StorageDevices, UsedDisk } from "./storage_devices.ts";

/** What the storage steps call. Both work on any kernel and udev of the last ten years. */
export const STORAGE_FUNCTIONS: readonly string[] = [
  "# The kernel names disks anew at each boot; the serial, where a disk has one, says which it is.",
  "find_disk() { # PATH BYTES SERIAL",
  "  lsblk --bytes --nodeps --noheadings --raw --output PATH,SIZE,SERIAL |",
  '    awk -v path="$1" -v bytes="$2" -v serial="$3" \'',
  '      $2 == bytes && (serial == "" ? $1 == path : $3 == serial) {',
  "        count++; found = $1; if ($1 == path) same = $1 }",
  "      END { if (same) print same; else if (count == 1) print found; else exit 1 }' || {",
  '    echo "no disk like $1 ($2 bytes, serial ${3:-unknown}) is here: commission the machine again" >&2',
  "    return 1",
  "  }",
  "}",
  "part() { # DISK NUMBER: a name that ends in a digit (nvme0n1) has a p before the number",
  '  case "$1" in *[0-9]) echo "$1p$2" ;; *) echo "$1$2" ;; esac',
  "}",
  "need() { # PROGRAM...",
  '  for program in "$@"; do',
  '    command -v "$program" > /dev/null || {',
  '      echo "the system that installs has no $program: its image cannot make this storage" >&2',
  "      return 1",
  "    }",
  "  done",
  "}",
  "let_go() ( # DEVICE: stops what is built on it, from the top down; then nothing is known of it",
  "  sys=/sys/class/block/${1##*/}",
  '  for above in "$sys/${1##*/}"?* "$sys"/holders/*; do',
  '    if [ -e "$above" ]; then let_go "/dev/${above##*/}"; fi',
  "  done",
  '  swapoff "$1" 2> /dev/null || true',
  '  if [ -e "$sys/md" ]; then mdadm --quiet --stop "$1"',
  '  elif [ -e "$sys/dm" ]; then dmsetup remove --retry "$(cat "$sys/dm/name")"',
  '  else wipefs --all --quiet "$1"; fi',
  ")",
];

/** From disks with anything on them to filesystems that are mounted below `$TARGET`. */
export function storageSteps(devices: StorageDevices): Step[] {
  return [
    findDisks(devices),
    letGo(devices),
    ...devices.plan.tables.map((table) => partition(devices, table)),
    ...devices.made.map((made) =>
      made.kind === "raid" ? makeRaid(devices, made.raid) : makeGroup(devices, made.group)
    ),
    makeFilesystems(devices),
    mount(devices),
  ];
}

/** Only the one disk that an image is written to whole: found, and let go of. */
export function findDiskSteps(devices: StorageDevices, disk: UsedDisk): Step[] {
  const bare = {
    ...devices,
    disks: [disk],
    plan: { tables: [], raids: [], volumeGroups: [], filesystems: [] },
  };
  return [findDisks(bare), letGo(bare)];
}

function findDisks({ plan, disks }: StorageDevices): Step {
  const types = plan.filesystems.map(({ type }) => type === "swap" ? "mkswap" : `mkfs.${type}`);
  const programs = [
    ...["lsblk", "wipefs", "sfdisk", ...types],
    ...(plan.raids.length > 0 ? ["mdadm"] : []),
    ...(plan.volumeGroups.length > 0 ? ["pvcreate", "vgcreate", "lvcreate"] : []),
  ];
  return {
    name: "find the disks",
    lines: [
      `need ${[...new Set(programs)].join(" ")}`,
      ...disks.map(({ disk: { path, bytes, serial }, shell }) =>
        `${shell.slice(1)}=$(find_disk ${path} ${bytes} "${usableSerial(serial)}")`
      ),
      ...plan.tables.flatMap(({ disk, partitions }) => {
        const shell = disks.find((each) => each.disk.name === disk)?.shell ?? "";
        return partitions.map((_, i) =>
          `${shell.slice(1)}_PART${i + 1}=$(part "${shell}" ${i + 1})`
        );
      }),
    ],
  };
}

/** Other serials would need quoting twice; such a disk is known by its path and size. */
function usableSerial(serial: string | undefined): string {
  return serial !== undefined && /^[\w.:+-]{1,64}$/.test(serial) ? serial : "";
}

function letGo({ disks }: StorageDevices): Step {
  return {
    name: `let go of ${disks.map(({ disk }) => disk.name).join(", ")}`,
    lines: [
      // After an attempt that broke off.
      `for each in "$TARGET" ${SPARE_EFI}; do`,
      '  if mountpoint -q "$each"; then umount --recursive "$each"; fi',
      "done",
      // Else udev would start again what is being stopped.
      "if command -v mdadm > /dev/null; then",
      "  mkdir -p /etc/mdadm && echo 'AUTO -all' > /etc/mdadm/mdadm.conf",
      "fi",
      "if command -v lvm > /dev/null; then",
      "  mkdir -p /etc/lvm && echo 'global/event_activation = 0' > /etc/lvm/lvmlocal.conf",
      "fi",
      ...disks.map(({ shell }) => `let_go "${shell}"`),
      "udevadm settle",
    ],
  };
}

/** As in the UEFI specification, GRUB's manual and the Discoverable Partitions Specification. */
const PARTITION_TYPES = {
  efi: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
  bios_boot: "21686148-6449-6E6F-744E-656564454649",
  raid: "A19D880F-05FC-4D3B-A006-743F0F84911E",
  lvm: "E6D6D379-F507-44C2-A23C-238F2A3DF928",
  swap: "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F",
  linux: "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
} as const;

function partition(
  { plan, shell }: StorageDevices,
  { disk, partitions }: StoragePlan["tables"][number],
): Step {
  return {
    name: `partition ${disk} (GPT)`,
    lines: [
      `sfdisk --quiet --wipe always --wipe-partitions always --label gpt ${shell(disk)} ` +
      "<<'PARTITIONS'",
      ...partitions.map((part) => partitionLine(plan, part)),
      "PARTITIONS",
      "udevadm settle",
      ...partitions.map(({ name }) => `test -b ${shell(name)}`),
    ],
  };
}

/** A GPT has room for 36 characters of a name. */
const PARTITION_NAME_MAX = 36;

function partitionLine(plan: StoragePlan, { name, bytes, role }: Partition): string {
  // Whole MiB, as sfdisk aligns them.
  const size = bytes === null ? [] : [`size=${Math.max(1, Math.floor(bytes / MIB))}MiB`];
  const type = PARTITION_TYPES[role === "linux" ? useOf(plan, name) : role];
  return [...size, `type=${type}`, `name=${name.slice(0, PARTITION_NAME_MAX)}`].join(", ");
}

function useOf(plan: StoragePlan, name: string): keyof typeof PARTITION_TYPES {
  const inRaid = ({ members, spares }: Raid) => members.includes(name) || spares.includes(name);
  if (plan.raids.some(inRaid)) return "raid";
  if (plan.volumeGroups.some(({ members }) => members.includes(name))) return "lvm";
  const isSwap = plan.filesystems.some(({ device, type }) => device === name && type === "swap");
  return isSwap ? "swap" : "linux";
}

function makeRaid({ shell }: StorageDevices, { name, level, members, spares }: Raid): Step {
  return {
    name: `make RAID ${level} ${name}`,
    lines: [
      `mdadm --quiet --create ${shell(name)} --run --metadata=1.2 --homehost=any --name=${name} \\`,
      `  --level=${level} --raid-devices=${members.length}` +
      `${spares.length > 0 ? ` --spare-devices=${spares.length}` : ""} \\`,
      `  ${[...members, ...spares].map(shell).join(" ")}`,
      // The first sync goes on in the installed system; here it would only slow the installation, KiB/s.
      "echo 1000 > /proc/sys/dev/raid/speed_limit_max || true",
      "udevadm settle",
      // What lies where the array begins may be of an array that was there before.
      `wipefs --all --quiet ${shell(name)}`,
    ],
  };
}

/** LVM's default. */
const EXTENT_BYTES = 4 * MIB;

function makeGroup(
  { shell }: StorageDevices,
  { name: group, members, volumes }: StoragePlan["volumeGroups"][number],
): Step {
  const devices = members.map(shell).join(" ");
  return {
    name: `make volume group ${group}`,
    lines: [
      `pvcreate -qq --force --force --yes ${devices}`,
      `vgcreate -qq --yes ${group} ${devices}`,
      ...volumes.map(({ name, bytes }) => {
        const extents = bytes === null ? "100%FREE" : Math.max(1, Math.floor(bytes / EXTENT_BYTES));
        return `lvcreate -qq --yes --wipesignatures y --extents ${extents} --name ${name} ${group}`;
      }),
      "udevadm settle",
    ],
  };
}

function makeFilesystems({ plan, shell, kindOf }: StorageDevices): Step {
  return {
    name: "make filesystems",
    lines: [
      ...plan.filesystems.map((filesystem) =>
        `${makeCommand(filesystem, kindOf(filesystem.device) === "partition")} ` +
        shell(filesystem.device)
      ),
      ...spareEfiPartitions(plan).map(({ name }) => `mkfs.vfat -F 32 -n EFI ${shell(name)}`),
      "udevadm settle",
    ],
  };
}

/** EFI partitions that nothing is said about: they are made bootable too, should a disk be lost. */
export function spareEfiPartitions({ tables, filesystems }: StoragePlan): Partition[] {
  return tables.flatMap(({ partitions }) => partitions).filter(({ name, role }) =>
    role === "efi" && !filesystems.some(({ device }) => device === name)
  );
}

function makeCommand({ type, label, mountPoint }: Filesystem, isPartition: boolean): string {
  const named = (flag: string) => label ? ` ${flag} ${label}` : "";
  switch (type) {
    case "ext4":
      // Inode tables are written in the background of the first boots: minutes saved on big disks.
      return `mkfs.ext4 -F -q${named("-L")} -E lazy_itable_init=1,lazy_journal_init=1`;
    case "xfs":
      return `mkfs.xfs -f -q${named("-L")}`;
    case "btrfs":
      return `mkfs.btrfs -f -q${named("-L")}`;
    case "vfat": {
      const size = mountPoint === "/boot/efi" ? " -F 32" : "";
      // -I: yes, on the whole of it.
      return `mkfs.vfat${isPartition ? "" : " -I"}${size}${named("-n")}`;
    }
    case "swap":
      return `mkswap${named("-L")}`;
  }
}

/** Filesystems with a mount point, each after what it is mounted in. */
export function inMountOrder({ filesystems }: StoragePlan) {
  const depth = (path: string) => path.split("/").filter((part) => part !== "").length;
  return filesystems
    .flatMap(({ mountPoint, ...rest }) => mountPoint === null ? [] : [{ mountPoint, ...rest }])
    .sort((a, b) => depth(a.mountPoint) - depth(b.mountPoint));
}

function mount({ plan, shell }: StorageDevices): Step {
  return {
    name: "mount filesystems",
    lines: inMountOrder(plan).flatMap(({ device, mountPoint }) => {
      const path = `"$TARGET${mountPoint === "/" ? "" : mountPoint}"`;
      return [`mkdir -p ${path}`, `mount ${shell(device)} ${path}`];
    }),
  };
}
