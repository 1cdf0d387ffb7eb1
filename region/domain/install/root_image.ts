import type { RootRole } from "@/shared/machine/image_file.ts";
import { type Step, TARGET } from "./install_step.ts";
import type { StorageDevices, UsedDisk } from "./storage_devices.ts";

const SQUASHFS = "/run/rackwright/image.squashfs";
/** Where our images' initramfs leaves what it booted. */
const EPHEMERAL_COPY = "/run/rackwright/root.squashfs";
/** On the new root, for an archive may be larger than the memory. */
const ARCHIVE = `${TARGET}/.rackwright-image`;

/** An image that is a whole disk, and brings its own partitions and boot loader. */
export function isWholeDisk(role: RootRole): boolean {
  return role.startsWith("root-dd");
}

/** Brings the image here and unpacks it below `$TARGET`, on filesystems that are mounted there. */
export function unpackSteps(role: Exclude<RootRole, `root-dd${string}`>): Step[] {
  if (role === "squashfs") return [fetchSquashfs(), unpackSquashfs()];
  const [program, flag] = role === "root-tgz" ? ["gzip", "--gzip"] : ["xz", "--xz"];
  return [
    {
      name: "fetch the image",
      lines: [`need tar ${program}`, `IMAGE=${ARCHIVE}`, ...fetchLines()],
    },
    {
      name: "unpack the image",
      lines: [
        // As it was made: whose files they are by number, what they may and what they are labelled.
        `tar --extract ${flag} --numeric-owner --xattrs --xattrs-include='*' --acls \\`,
        '  --directory "$TARGET" --file "$IMAGE"',
        'rm "$IMAGE"',
      ],
    },
  ];
}

function fetchSquashfs(): Step {
  return {
    name: "fetch the image",
    lines: [
      `IMAGE=${SQUASHFS}`,
      // The ephemeral system may be this very image, and have its copy at hand.
      `HAVE=$(sha256sum ${EPHEMERAL_COPY} 2>/dev/null | cut -d" " -f1 || true)`,
      'if [ "$HAVE" = "$RACKWRIGHT_IMAGE_SHA256" ]; then',
      `  IMAGE=${EPHEMERAL_COPY}`,
      "else",
      ...fetchLines().map((line) => `  ${line}`),
      "fi",
    ],
  };
}

/** Goes on where it was when it breaks off. */
function fetchLines(): string[] {
  return [
    "curl --fail --silent --show-error --retry 10 --retry-connrefused --continue-at - \\",
    '  --output "$IMAGE" "$RACKWRIGHT_IMAGE_URL"',
    'echo "$RACKWRIGHT_IMAGE_SHA256  $IMAGE" | sha256sum --check --quiet',
  ];
}

function unpackSquashfs(): Step {
  return {
    name: "unpack the image",
    lines: ['unsquashfs -quiet -no-progress -force -dest "$TARGET" "$IMAGE"'],
  };
}

const UNPACKERS = {
  "root-dd": "cat",
  "root-dd.gz": "gzip -dc",
  "root-dd.xz": "xz -dc",
  "root-dd.zst": "zstd -dc",
} as const;

/** The disk that a whole-disk image goes to: the one that the machine would start from. */
export function bootDisk({ plan, disks }: StorageDevices): UsedDisk {
  const table = plan.tables.find(({ partitions }) =>
    partitions.some(({ role }) => role === "efi" || role === "bios_boot")
  );
  const found = disks.find(({ disk }) => disk.name === table?.disk) ?? disks[0];
  if (!found) throw new Error("a checked plan has a disk that the machine starts from");
  return found;
}

/** Writes a whole-disk image to the disk as it arrives, and mounts the system in it at `$TARGET`. */
export function writeDiskSteps(role: keyof typeof UNPACKERS, { shell, disk }: UsedDisk): Step[] {
  const unpacker = UNPACKERS[role];
  const disk_ = `"${shell}"`;
  return [
    {
      name: `write the image to ${disk.name}`,
      lines: [
        `need dd tee mkfifo ${unpacker.split(" ")[0]}`,
        "mkdir -p /run/rackwright",
        "rm -f /run/rackwright/hashed /run/rackwright/unpack_failed",
        "mkfifo /run/rackwright/hashed",
        'sha256sum < /run/rackwright/hashed | cut -d" " -f1 > /run/rackwright/sha256 &',
        // Too large to keep, so it is hashed on its way: what is wrong is on the disk, and goes no
        // further. A pipe tells only of its last program.
        'curl --fail --silent --show-error "$RACKWRIGHT_IMAGE_URL" |',
        "  tee /run/rackwright/hashed |",
        `  { ${unpacker} || : > /run/rackwright/unpack_failed; } |`,
        `  dd of=${disk_} bs=4M iflag=fullblock conv=fsync status=none`,
        "wait",
        "if [ -e /run/rackwright/unpack_failed ]; then",
        `  echo "what arrived cannot be unpacked as ${role.slice("root-".length)}:" \\`,
        '    "it is something else, or it broke off" >&2',
        "  exit 1",
        "fi",
        'if [ "$(cat /run/rackwright/sha256)" != "$RACKWRIGHT_IMAGE_SHA256" ]; then',
        '  echo "what arrived is not the image: its SHA-256 is $(cat /run/rackwright/sha256)" >&2',
        "  exit 1",
        "fi",
        // The image's GPT ends where the image did; its copy belongs at the end of the disk.
        `if command -v sgdisk > /dev/null; then sgdisk --move-second-header ${disk_} > /dev/null 2>&1 || true; fi`,
        // The second is for kernels that read no partition tables themselves.
        `blockdev --rereadpt ${disk_}`,
        `partx --update ${disk_}`,
        "udevadm settle",
      ],
    },
    {
      name: "find the system on the disk",
      lines: [
        'mkdir -p "$TARGET"',
        "FOUND=",
        `for each in $(lsblk --list --noheadings --paths --output NAME ${disk_}); do`,
        '  mount "$each" "$TARGET" 2> /dev/null || continue',
        '  if [ -d "$TARGET/etc/cloud" ]; then FOUND=$each; break; fi',
        '  umount "$TARGET"',
        "done",
        'if [ -z "$FOUND" ]; then',
        '  echo "no filesystem of the image has /etc/cloud: without cloud-init in it nobody could" \\',
        '    "tell when the machine is ready" >&2',
        "  exit 1",
        "fi",
      ],
    },
  ];
}
