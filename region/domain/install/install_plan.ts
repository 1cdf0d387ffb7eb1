import { checkShellSafe } from "./shell_safe.ts";
import type { Disk, StoragePlan } from "@/shared/machine/storage.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { BOOT_FUNCTIONS, bootSteps, storageConfiguration, unmountStep } from "./boot_steps.ts";
import { type Step, TARGET } from "./install_step.ts";
import { compileNetplan, dhcpOnBootInterface, type NetplanConfig } from "./netplan.ts";
import { type StorageDevices, storageDevices } from "./storage_devices.ts";
import { STORAGE_FUNCTIONS, storageSteps } from "./storage_steps.ts";

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
  const steps: Step[] = [
    ...storageSteps(devices),
    fetchImage(),
    unpackImage(),
    configure(input, devices),
    ...bootSteps({ ...input, devices }),
    unmountStep(),
  ];
  const numbered = steps.flatMap(({ name, lines }, i) => [
    "",
    `echo "== step ${i + 1}/${steps.length}: ${name}"`,
    ...lines,
  ]);
  return [
    "#!/bin/sh",
    `# Install plan of ${input.hostname}: ${input.firmware.toUpperCase()} boot. It erases ` +
    `${devices.disks.map(({ disk }) => disk.name).join(", ")} and touches no other disk.`,
    "set -eu",
    "umask 022",
    `TARGET=${TARGET}`,
    `IMAGE=${IMAGE}`,
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
const IMAGE = "/run/rackwright/image.squashfs";
/** Where our images' initramfs leaves what it booted. */
const EPHEMERAL_COPY = "/run/rackwright/root.squashfs";

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

function configure({ hostname, bootMac, network }: InstallInput, devices: StorageDevices): Step {
  return {
    name: "configure the system",
    lines: [
      'mkdir -p "$TARGET/etc/cloud/cloud.cfg.d" "$TARGET/etc/netplan"',
      ...storageConfiguration(devices),
      `echo ${hostname} > "$TARGET/etc/hostname"`,
      `printf "127.0.0.1 localhost\\n127.0.1.1 ${hostname}\\n::1 localhost\\n" > "$TARGET/etc/hosts"`,
      ': > "$TARGET/etc/machine-id"', // made anew at first boot
      'CLOUD="$TARGET/etc/cloud/cloud.cfg.d/90_dpkg_local_cloud_config.cfg"',
      '( umask 077; printf "%s\\n" "$RACKWRIGHT_CLOUD_CONFIG" > "$CLOUD" )',
      'echo "network: {config: disabled}" > "$TARGET/etc/cloud/cloud.cfg.d/91_network.cfg"',
      "( umask 077; cat > \"$TARGET/etc/netplan/50-rackwright.yaml\" ) <<'NETPLAN'",
      ...(network ? [compileNetplan(network).trimEnd()] : dhcpOnBootInterface(bootMac)),
      "NETPLAN",
    ],
  };
}
