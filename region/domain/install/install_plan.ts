import { DomainError } from "@/shared/errors/domain_error.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";

/** What the machine is and what it should become. */
export interface InstallInput {
  readonly hostname: string;
  readonly firmware: "bios" | "uefi";
  /** The disk that is erased and installed to, such as `/dev/vda`. */
  readonly diskPath: string;
  /** The interface that the installed system configures by DHCP. */
  readonly bootMac: string;
  /** What the image wants on the kernel command line; may be empty. */
  readonly kernelOptions: string;
}

interface Step {
  readonly name: string;
  readonly lines: readonly string[];
}

/**
 * Compiles what was asked for into the install plan: a shell script of numbered steps.
 *
 * It is shown to people before it runs, and runs in the ephemeral system with standard tools alone.
 * What only the site knows comes in the environment: `RACKWRIGHT_IMAGE_URL`,
 * `RACKWRIGHT_IMAGE_SHA256`, and `RACKWRIGHT_CLOUD_CONFIG` (which holds the machine's credentials).
 * Each step announces itself as `== step N/M: name`; the first command that fails ends the script.
 * Throws `install.unusable_input` for a value that could not stand in a script as it is.
 */
export function compileInstallPlan(input: InstallInput): string {
  checkInput(input);
  const disk = layout(input);
  const steps: Step[] = [
    partition(input, disk),
    makeFilesystems(disk),
    mount(disk),
    fetchImage(),
    unpackImage(),
    configure(input, disk),
    bootLoader(input, disk),
    unmount(),
  ];
  const numbered = steps.flatMap(({ name, lines }, i) => [
    "",
    `echo "== step ${i + 1}/${steps.length}: ${name}"`,
    ...lines,
  ]);
  return [
    "#!/bin/sh",
    `# Install plan of ${input.hostname}: ${input.diskPath}, ${input.firmware.toUpperCase()} boot.`,
    "set -eu",
    "umask 022",
    `TARGET=${TARGET}`,
    `IMAGE=${IMAGE}`,
    ...numbered,
  ].join("\n") + "\n";
}

/** The values come from people and from the machine itself, and a shell will read them. */
function checkInput({ hostname, diskPath, bootMac, kernelOptions }: InstallInput): void {
  parseMacAddress(bootMac);
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(hostname)) {
    throw unusable("hostname", hostname, "a host name such as node-12");
  }
  if (!/^\/dev\/[A-Za-z0-9][\w/-]{0,60}$/.test(diskPath)) {
    throw unusable("diskPath", diskPath, "a disk such as /dev/sda");
  }
  if (!/^[\w .,:=/@+-]{0,2000}$/.test(kernelOptions)) {
    throw unusable("kernelOptions", kernelOptions, "kernel options such as quiet or iommu=pt");
  }
}

function unusable(field: string, value: string, wanted: string): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "install.unusable_input",
    message: `"${value}" is not ${wanted}`,
    field,
  });
}

const TARGET = "/run/rackwright/target";
const IMAGE = "/run/rackwright/image.squashfs";
/** Where our images' initramfs leaves what it booted. */
const EPHEMERAL_COPY = "/run/rackwright/root.squashfs";
/** A serial console besides the screen: what a person far from the rack reads. */
const CONSOLE_OPTIONS = "console=tty0 console=ttyS0,115200";

interface Layout {
  readonly disk: string;
  readonly root: string;
  /** The EFI system partition; absent on BIOS. */
  readonly efi?: string;
}

/** The flat layout: what the firmware needs, then one root filesystem on the rest. */
function layout({ diskPath, firmware }: InstallInput): Layout {
  // A disk whose name ends in a digit (nvme0n1) separates the partition's number with a p.
  const part = (number: number) => `${diskPath}${/\d$/.test(diskPath) ? "p" : ""}${number}`;
  return firmware === "uefi"
    ? { disk: diskPath, efi: part(1), root: part(2) }
    : { disk: diskPath, root: part(2) };
}

/** Partition types as in the UEFI specification and GRUB's manual, by sfdisk's GUIDs. */
const BIOS_BOOT_TYPE = "21686148-6449-6E6F-744E-656564454649";
const EFI_SYSTEM_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
const LINUX_TYPE = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";

function partition({ firmware }: InstallInput, { disk, root }: Layout): Step {
  const first = firmware === "uefi"
    ? `size=512MiB, type=${EFI_SYSTEM_TYPE}, name=efi`
    : `size=1MiB, type=${BIOS_BOOT_TYPE}, name=bios_grub`; // where GRUB puts its second stage
  return {
    name: `partition ${disk} (GPT)`,
    lines: [
      `wipefs --all --quiet ${disk}`,
      `sfdisk --quiet --wipe always --wipe-partitions always --label gpt ${disk} <<'PARTITIONS'`,
      first,
      `type=${LINUX_TYPE}, name=root`,
      "PARTITIONS",
      "udevadm settle",
      `test -b ${root}`,
    ],
  };
}

function makeFilesystems({ efi, root }: Layout): Step {
  return {
    name: "make filesystems",
    lines: [
      // Inode tables are written in the background of the first boots: minutes saved on big disks.
      `mkfs.ext4 -F -q -L root -E lazy_itable_init=1,lazy_journal_init=1 ${root}`,
      ...(efi ? [`mkfs.vfat -F 32 -n EFI ${efi}`] : []),
      "udevadm settle",
    ],
  };
}

function mount({ efi, root }: Layout): Step {
  return {
    name: "mount filesystems",
    lines: [
      'mkdir -p "$TARGET"',
      `mount ${root} "$TARGET"`,
      ...(efi ? ['mkdir -p "$TARGET/boot/efi"', `mount ${efi} "$TARGET/boot/efi"`] : []),
    ],
  };
}

function fetchImage(): Step {
  return {
    name: "fetch the image",
    lines: [
      // The ephemeral system may be this very image, and have its copy at hand.
      `HAVE=$(sha256sum ${EPHEMERAL_COPY} 2>/dev/null | cut -d" " -f1 || true)`,
      'if [ "$HAVE" = "$RACKWRIGHT_IMAGE_SHA256" ]; then',
      `  IMAGE=${EPHEMERAL_COPY}`,
      "else",
      '  curl --fail --silent --show-error --retry 10 --retry-connrefused --output "$IMAGE" \\',
      '    "$RACKWRIGHT_IMAGE_URL"',
      '  echo "$RACKWRIGHT_IMAGE_SHA256  $IMAGE" | sha256sum --check --quiet',
      "fi",
    ],
  };
}

function unpackImage(): Step {
  return {
    name: "unpack the image",
    lines: ['unsquashfs -quiet -no-progress -force -dest "$TARGET" "$IMAGE"'],
  };
}

function configure({ hostname, bootMac }: InstallInput, { efi, root }: Layout): Step {
  return {
    name: "configure the system",
    lines: [
      `ROOT_UUID=$(blkid -s UUID -o value ${root})`,
      'echo "UUID=$ROOT_UUID / ext4 defaults 0 1" > "$TARGET/etc/fstab"',
      ...(efi
        ? [
          `EFI_UUID=$(blkid -s UUID -o value ${efi})`,
          'echo "UUID=$EFI_UUID /boot/efi vfat umask=0077 0 1" >> "$TARGET/etc/fstab"',
        ]
        : []),
      `echo ${hostname} > "$TARGET/etc/hostname"`,
      `printf "127.0.0.1 localhost\\n127.0.1.1 ${hostname}\\n::1 localhost\\n" > "$TARGET/etc/hosts"`,
      ': > "$TARGET/etc/machine-id"', // made anew at first boot
      'mkdir -p "$TARGET/etc/cloud/cloud.cfg.d" "$TARGET/etc/netplan"',
      'CLOUD="$TARGET/etc/cloud/cloud.cfg.d/90_dpkg_local_cloud_config.cfg"',
      '( umask 077; printf "%s\\n" "$RACKWRIGHT_CLOUD_CONFIG" > "$CLOUD" )',
      'echo "network: {config: disabled}" > "$TARGET/etc/cloud/cloud.cfg.d/91_network.cfg"',
      "( umask 077; cat > \"$TARGET/etc/netplan/50-rackwright.yaml\" ) <<'NETPLAN'",
      "network:",
      "  version: 2",
      "  ethernets:",
      "    boot:",
      `      match: {macaddress: "${bootMac}"}`,
      "      dhcp4: true",
      // The agent knows machines by their MAC; so does every boot program before this system.
      "      dhcp-identifier: mac",
      "NETPLAN",
    ],
  };
}

function bootLoader({ firmware, kernelOptions }: InstallInput, { disk }: Layout): Step {
  const options = [CONSOLE_OPTIONS, kernelOptions].filter((text) => text !== "").join(" ");
  return {
    name: "install the boot loader",
    lines: [
      firmware === "uefi"
        // The removable path needs no entry in the firmware's memory, which many firmwares lose.
        ? 'grub-install --target=x86_64-efi --efi-directory="$TARGET/boot/efi" \\\n' +
          '  --boot-directory="$TARGET/boot" --removable --no-nvram'
        : `grub-install --target=i386-pc --boot-directory="$TARGET/boot" ${disk}`,
      "cat > \"$TARGET/etc/default/grub\" <<'GRUB'",
      "GRUB_DEFAULT=0",
      "GRUB_TIMEOUT=1",
      "GRUB_DISTRIBUTOR=Linux",
      `GRUB_CMDLINE_LINUX="${options}"`,
      'GRUB_TERMINAL="console serial"',
      'GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"',
      "GRUB_DISABLE_OS_PROBER=true",
      "GRUB",
      // The first configuration by hand: update-grub would look at every disk. It takes over at the
      // next kernel update.
      'cat > "$TARGET/boot/grub/grub.cfg" <<GRUB',
      "serial --unit=0 --speed=115200",
      "terminal_output console serial",
      "set timeout=1",
      "menuentry 'Linux' {",
      "  search --no-floppy --fs-uuid --set=root $ROOT_UUID",
      `  linux /vmlinuz root=UUID=$ROOT_UUID ro ${options}`,
      "  initrd /initrd.img",
      "}",
      "GRUB",
    ],
  };
}

function unmount(): Step {
  return {
    name: "unmount",
    lines: ["sync", 'umount --recursive "$TARGET"'],
  };
}
