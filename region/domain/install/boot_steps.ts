import type { Filesystem } from "@/shared/machine/storage.ts";
import { SPARE_EFI, type Step } from "./install_step.ts";
import { builtOn, type StorageDevices } from "./storage_devices.ts";
import { inMountOrder, spareEfiPartitions } from "./storage_steps.ts";

/** What the installed system has to be told of its disks. */
export interface BootInput {
  readonly firmware: "bios" | "uefi";
  /** What the image wants on the kernel command line; may be empty. */
  readonly kernelOptions: string;
  readonly devices: StorageDevices;
}

export const BOOT_FUNCTIONS: readonly string[] = [
  'uuid() { blkid -c /dev/null -s UUID -o value "$1"; }',
  "fstab() { # DEVICE MOUNT_POINT TYPE OPTIONS PASS",
  '  printf "UUID=%s %s %s %s 0 %s\\n" "$(uuid "$1")" "$2" "$3" "$4" "$5" >> "$TARGET/etc/fstab"',
  "}",
];

/** `/etc/fstab`, arrays and what else the installed system must know of its disks. */
export function storageConfiguration({ plan, shell }: StorageDevices): string[] {
  const swaps = plan.filesystems.filter(({ type }) => type === "swap");
  return [
    ': > "$TARGET/etc/fstab"',
    ...inMountOrder(plan).map(({ device, mountPoint, type, mountOptions }) => {
      const options = mountOptions ?? (mountPoint === "/boot/efi" ? "umask=0077" : "defaults");
      return `fstab ${shell(device)} ${mountPoint} ${type} ${options} ${passOf(type, mountPoint)}`;
    }),
    ...swaps.map(({ device, mountOptions }) =>
      `fstab ${shell(device)} none swap ${mountOptions ?? "sw"} 0`
    ),
    ...(plan.raids.length > 0
      ? [
        'mkdir -p "$TARGET/etc/mdadm"',
        'echo "HOMEHOST <ignore>" > "$TARGET/etc/mdadm/mdadm.conf"',
        ...plan.raids.map(({ name }) =>
          `mdadm --detail --brief ${shell(name)} >> "$TARGET/etc/mdadm/mdadm.conf"`
        ),
      ]
      : []),
    // The plan says how big everything is; cloud-init would let the root grow into what it left.
    `printf "growpart: {mode: 'off'}\\nresize_rootfs: false\\n" \\`,
    '  > "$TARGET/etc/cloud/cloud.cfg.d/92_storage.cfg"',
  ];
}

/** fsck at boot, fstab(5): the root first, then the others; xfs and btrfs check themselves. */
function passOf(type: Filesystem["type"], mountPoint: string): 0 | 1 | 2 {
  if (type === "xfs" || type === "btrfs") return 0;
  return mountPoint === "/" ? 1 : 2;
}

/** The initramfs, where the image's own could not find the root; then the boot loader. */
export function bootSteps(input: BootInput): Step[] {
  return [...makeInitramfs(input), bootLoader(input)];
}

function makeInitramfs({ devices: { plan, kindOf } }: BootInput): Step[] {
  const needed = plan.filesystems.filter(({ mountPoint }) =>
    mountPoint === "/" || mountPoint === "/usr"
  );
  const kinds = needed.flatMap(({ device }) => builtOn(plan, device).map(kindOf));
  const isPlain = kinds.every((kind) => kind === "disk" || kind === "partition") &&
    needed.every(({ type }) => type !== "btrfs") && needed.length === 1;
  const programs = [
    ...(plan.raids.length > 0 ? ["mdadm"] : []),
    ...(plan.volumeGroups.length > 0 ? ["lvm"] : []),
    ...(plan.filesystems.some(({ type }) => type === "btrfs") ? ["btrfs"] : []),
    ...(isPlain ? [] : ["update-initramfs"]),
  ];
  if (programs.length === 0) return [];
  return [{
    name: isPlain ? "check the image for this storage" : "make the initramfs for this storage",
    lines: [
      `for program in ${programs.join(" ")}; do`,
      '  chroot "$TARGET" sh -c "command -v $program" > /dev/null || {',
      '    echo "the image has no $program: its system could not use this storage" >&2',
      "    exit 1",
      "  }",
      "done",
      ...(isPlain ? [] : INITRAMFS_LINES),
    ],
  }];
}

const INITRAMFS_LINES = [
  // It would wait at each boot for a swap that it found while it was made.
  'mkdir -p "$TARGET/etc/initramfs-tools/conf.d"',
  'echo "RESUME=none" > "$TARGET/etc/initramfs-tools/conf.d/resume"',
  'mount --bind /dev "$TARGET/dev"',
  'mount -t proc proc "$TARGET/proc"',
  'mount -t sysfs sysfs "$TARGET/sys"',
  // The image's own is in the way of making one.
  'rm -f "$TARGET"/boot/initrd.img-*',
  // Packing it as small as can be would take longer than reading it ever does.
  'COMPRESSLEVEL=1 chroot "$TARGET" update-initramfs -c -k all',
  'umount "$TARGET/sys" "$TARGET/proc" "$TARGET/dev"',
];

/** A serial console besides the screen: what a person far from the rack reads. */
const CONSOLE_OPTIONS = "console=tty0 console=ttyS0,115200";

function bootLoader(input: BootInput): Step {
  const options = [CONSOLE_OPTIONS, input.kernelOptions].filter((text) => text !== "").join(" ");
  return {
    name: "install the boot loader",
    lines: [
      ...(input.firmware === "uefi" ? uefiLoader(input.devices) : biosLoader(input.devices)),
      "cat > \"$TARGET/etc/default/grub\" <<'GRUB'",
      "GRUB_DEFAULT=0",
      "GRUB_TIMEOUT=1",
      "GRUB_DISTRIBUTOR=Linux",
      `GRUB_CMDLINE_LINUX="${options}"`,
      'GRUB_TERMINAL="console serial"',
      'GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"',
      "GRUB_DISABLE_OS_PROBER=true",
      "GRUB",
      ...grubConfiguration(input.devices, options),
    ],
  };
}

/** Into each disk that has a place for it, so that the machine starts from any that is left. */
function biosLoader({ plan, shell }: StorageDevices): string[] {
  return plan.tables
    .filter(({ partitions }) => partitions.some(({ role }) => role === "bios_boot"))
    .map(({ disk }) =>
      `grub-install --target=i386-pc --boot-directory="$TARGET/boot" ${shell(disk)}`
    );
}

function uefiLoader({ plan, shell }: StorageDevices): string[] {
  // The removable path needs no entry in the firmware's memory, which many firmwares lose.
  const into = (folder: string) => [
    `grub-install --target=x86_64-efi --efi-directory=${folder} \\`,
    '  --boot-directory="$TARGET/boot" --removable --no-nvram',
  ];
  return [
    ...into('"$TARGET/boot/efi"'),
    ...spareEfiPartitions(plan).flatMap(({ name }) => [
      `mkdir -p ${SPARE_EFI} && mount ${shell(name)} ${SPARE_EFI}`,
      ...into(SPARE_EFI),
      `umount ${SPARE_EFI}`,
    ]),
  ];
}

/**
 * The first configuration by hand: update-grub would look at every disk. It takes over at the next
 * kernel update.
 */
function grubConfiguration({ plan, shell, kindOf }: StorageDevices, options: string): string[] {
  const at = (path: string) =>
    plan.filesystems.find(({ mountPoint }) => mountPoint === path)?.device;
  const root = at("/") ?? "";
  const boot = at("/boot");
  const folder = boot === undefined ? "/boot" : "";
  return [
    'KERNEL=$(cd "$TARGET/boot" && ls | grep "^vmlinuz-" | sort -V | tail -n 1)',
    'if [ -z "$KERNEL" ]; then echo "the image has no kernel in /boot" >&2; exit 1; fi',
    // As Debian and Ubuntu call it, Red Hat and its kin, SUSE.
    "INITRD=",
    "VERSION=${KERNEL#vmlinuz-}",
    'for each in "initrd.img-$VERSION" "initramfs-$VERSION.img" "initrd-$VERSION"; do',
    '  if [ -e "$TARGET/boot/$each" ]; then INITRD=$each; break; fi',
    "done",
    'if [ -z "$INITRD" ]; then echo "the image has no initramfs for $KERNEL in /boot" >&2; exit 1; fi',
    // An initramfs starts a volume by its name, as it is written below /dev/mapper, and no other.
    kindOf(root) === "volume" ? `ROOT=${mapperPath(root)}` : `ROOT=UUID=$(uuid ${shell(root)})`,
    `BOOT_UUID=$(uuid ${shell(boot ?? root)})`,
    'cat > "$TARGET/boot/grub/grub.cfg" <<GRUB',
    "serial --unit=0 --speed=115200",
    "terminal_output console serial",
    "set timeout=1",
    "menuentry 'Linux' {",
    "  search --no-floppy --fs-uuid --set=root $BOOT_UUID",
    `  linux ${folder}/$KERNEL root=$ROOT ro ${options}`,
    `  initrd ${folder}/$INITRD`,
    "}",
    "GRUB",
  ];
}

/** LVM doubles the hyphens in names, so that the one between them is found. */
function mapperPath(volume: string): string {
  return `/dev/mapper/${volume.split("/").map((name) => name.replaceAll("-", "--")).join("-")}`;
}

/** Leaves nothing of the new system mounted. */
export function unmountStep(): Step {
  return { name: "unmount", lines: ["sync", 'umount --recursive "$TARGET"'] };
}
