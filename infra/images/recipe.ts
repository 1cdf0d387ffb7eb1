import { createHash } from "node:crypto";

/** Debian's release by the name its archive uses. */
export const RELEASE = "bookworm";
export const ARCHITECTURE = "amd64";

/** Debian packages of the image; recommended packages stay out. */
export const IMAGE_CONTENTS = [
  // Boot, from the kernel to a login prompt.
  ...["linux-image-amd64", "initramfs-tools", "busybox-static", "kmod", "systemd", "systemd-sysv"],
  ...["systemd-resolved", "udev", "dbus", "login", "passwd", "procps", "util-linux", "tzdata"],
  ...["cloud-init", "netplan.io", "openssh-server", "sudo", "python3", "python3-yaml", "less"],
  // Network.
  ...["iproute2", "iputils-ping", "ethtool", "netbase", "ca-certificates", "curl"],
  // Disks, and putting a system on them.
  ...["fdisk", "gdisk", "parted", "e2fsprogs", "xfsprogs", "btrfs-progs", "dosfstools", "lvm2"],
  ...[
    "mdadm",
    "bcache-tools",
    "nvme-cli",
    "hdparm",
    "sg3-utils",
    "squashfs-tools",
    "zstd",
    "xz-utils",
  ],
  ...["grub-pc-bin", "grub-efi-amd64-bin", "grub2-common", "efibootmgr"],
  // Looking at hardware.
  ...["ipmitool", "lshw", "dmidecode", "smartmontools", "pciutils", "usbutils"],
] as const;

/** A file of the recipe: its path below the recipe's folder, and what is in it. */
export interface RecipeFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly executable: boolean;
}

/**
 * Names an image by everything that decides its content except the packages' versions: 16
 * hexadecimal digits. The order of the files does not matter.
 */
export function hashRecipe(files: readonly RecipeFile[]): string {
  const hash = createHash("sha256");
  hash.update(`${RELEASE} ${ARCHITECTURE} ${IMAGE_CONTENTS.join(" ")}\n`);
  const sorted = files.toSorted((a, b) => a.path < b.path ? -1 : 1);
  for (const { path, content, executable } of sorted) {
    // The length before the content keeps two files from passing for one.
    hash.update(`${path} ${executable ? "x" : "-"} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * Picks Debian's own archives for the release out of `apt-get indextargets` lines of the form
 * `URI SUITE COMPONENT`, and renders them for a sources.list.
 *
 * Other suites of the host (backports, a newer release) would change what is installed.
 */
export function renderSources(indexTargets: string): string {
  const suites = [RELEASE, `${RELEASE}-updates`, `${RELEASE}-security`];
  const lines = indexTargets.split("\n").flatMap((line) => {
    const [uri, suite, component] = line.trim().split(/\s+/);
    if (!uri || !suite || component !== "main" || !suites.includes(suite)) return [];
    return [`deb ${uri} ${suite} ${component}\n`];
  });
  return [...new Set(lines)].join("");
}

/**
 * Keeps the host's download settings (proxy, certificate, date checks of a frozen mirror) out of
 * `apt-config dump` lines, as options the build passes on.
 */
export function pickAptOptions(configDump: string): string[] {
  return configDump.split("\n").filter((line) =>
    /^Acquire::(Check-|https?::(Proxy|CAInfo|Verify-))\S* ".+";$/.test(line)
  );
}
