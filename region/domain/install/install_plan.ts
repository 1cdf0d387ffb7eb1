import { checkShellSafe } from "./shell_safe.ts";
import type { Disk, StoragePlan } from "@/shared/machine/storage.ts";
import type { RootRole } from "@/shared/machine/image_file.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { BOOT_FUNCTIONS, bootSteps, storageConfiguration, unmountStep } from "./boot_steps.ts";
import { type Step, TARGET } from "./install_step.ts";
import { compileNetplan, dhcpOnBootInterface, type NetplanConfig } from "./netplan.ts";
import { bootDisk, isWholeDisk, unpackSteps, writeDiskSteps } from "./root_image.ts";
import { type StorageDevices, storageDevices, type UsedDisk } from "./storage_devices.ts";
import { findDiskSteps, STORAGE_FUNCTIONS, storageSteps } from "./storage_steps.ts";

/** What the machine is and what it should become. */
export interface InstallInput {
  readonly hostname: string;
  readonly firmware: "bios" | "uefi";
  /** How the disks shall be laid out, with nothing left that `checkStorage` would refuse. */
  readonly storage: StoragePlan;
  /** The disks that were found; those that `storage` names are erased. */
  readonly disks: readonly Disk[];
  /** The interface that the installed system configures by DHCP, unless `network` says otherwise. */
  readonly bootMac: string;
  readonly network?: NetplanConfig;
  /** What the image wants on the kernel command line; may be empty. */
  readonly kernelOptions: string;
  /** What kind of file the image is. Absent: a squashfs. A whole disk brings its own storage. */
  readonly root?: RootRole;
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
  const devices = storageDevices(input.storage, input.disks);
  const { root = "squashfs" } = input;
  const disk = bootDisk(devices);
  const disks = isWholeDisk(root) ? [disk] : devices.disks;
  const steps: Step[] = [...stepsFor(input, root, { devices, disk }), unmountStep()];
  const numbered = steps.flatMap(({ name, lines }, i) => [
    "",
    `echo "== step ${i + 1}/${steps.length}: ${name}"`,
    ...lines,
  ]);
  return [
    "#!/bin/sh",
    `# Install plan of ${input.hostname}: ${input.firmware.toUpperCase()} boot. It erases ` +
    `${disks.map(({ disk }) => disk.name).join(", ")} and touches no other disk.`,
    "set -eu",
    "umask 022",
    `TARGET=${TARGET}`,
    "",
    ...STORAGE_FUNCTIONS,
    ...BOOT_FUNCTIONS,
    ...numbered,
  ].join("\n") + "\n";
}

function checkInput({ hostname, bootMac, kernelOptions }: InstallInput): void {
  parseMacAddress(bootMac);
  checkShellSafe("hostname", hostname, HOSTNAME, "a host name such as node-12");
  const wanted = "kernel options such as quiet or iommu=pt";
  checkShellSafe("kernelOptions", kernelOptions, KERNEL_OPTIONS, wanted);
}

const HOSTNAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const KERNEL_OPTIONS = /^[\w .,:=/@+-]{0,2000}$/;

function stepsFor(
  input: InstallInput,
  root: RootRole,
  { devices, disk }: { devices: StorageDevices; disk: UsedDisk },
): Step[] {
  switch (root) {
    case "squashfs":
    case "root-tgz":
    case "root-txz":
      return [
        ...storageSteps(devices),
        ...unpackSteps(root),
        configure(input, storageConfiguration(devices)),
        ...bootSteps({ ...input, devices }),
      ];
    case "root-dd":
    case "root-dd.gz":
    case "root-dd.xz":
    case "root-dd.zst":
      return [
        ...findDiskSteps(devices, disk),
        ...writeDiskSteps(root, disk),
        configure(input, []), // its own fstab and boot loader know its partitions
      ];
  }
}

function configure(
  { hostname, bootMac, network }: InstallInput,
  storageLines: readonly string[],
): Step {
  return {
    name: "configure the system",
    lines: [
      'mkdir -p "$TARGET/etc/cloud/cloud.cfg.d"',
      ...storageLines,
      `echo ${hostname} > "$TARGET/etc/hostname"`,
      `printf "127.0.0.1 localhost\\n127.0.1.1 ${hostname}\\n::1 localhost\\n" > "$TARGET/etc/hosts"`,
      ': > "$TARGET/etc/machine-id"', // made anew at first boot
      'CLOUD="$TARGET/etc/cloud/cloud.cfg.d/90_dpkg_local_cloud_config.cfg"',
      '( umask 077; printf "%s\\n" "$RACKWRIGHT_CLOUD_CONFIG" > "$CLOUD" )',
      // Where there is no netplan, cloud-init turns the same words into what the system has.
      'NETWORK="$TARGET/etc/cloud/cloud.cfg.d/91_network.cfg"',
      'if [ -x "$TARGET/usr/sbin/netplan" ]; then',
      '  echo "network: {config: disabled}" > "$NETWORK"',
      '  mkdir -p "$TARGET/etc/netplan"',
      // The image's own would be merged with it.
      '  rm -f "$TARGET"/etc/netplan/*.yaml',
      '  NETWORK="$TARGET/etc/netplan/50-rackwright.yaml"',
      "fi",
      "( umask 077; cat > \"$NETWORK\" ) <<'NETPLAN'",
      ...(network ? [compileNetplan(network).trimEnd()] : dhcpOnBootInterface(bootMac)),
      "NETPLAN",
      // What was written here has no labels, and no enforcing system would read it.
      'if [ -e "$TARGET/etc/selinux/config" ]; then : > "$TARGET/.autorelabel"; fi',
    ],
  };
}
