import type { StateImage } from "@/shared/contract/site_state.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";

export interface EphemeralBoot {
  readonly image: StateImage;
  /** Of the agent's file server, without a slash at the end. */
  readonly filesUrl: string;
  readonly hostname: string;
  readonly mac: MacAddress;
  /** Where cloud-init fetches its first configuration; carries no secret. */
  readonly preseedUrl: string;
  /** What this machine wants besides; absent: nothing. */
  readonly kernelOptions?: string;
}

/**
 * The kernel command line of an ephemeral boot.
 *
 * Tokens and their order follow MAAS's, because stock images' initramfs and cloud-init look for
 * exactly these: `root=squash:` and `ip=…:BOOTIF` (initramfs), `cc:{…}end_cc` and
 * `cloud-config-url=` (cloud-init), `overlayroot=`. Nothing secret may stand here: anyone on the
 * machine can read it.
 */
export function kernelCommandLine(boot: EphemeralBoot): string {
  return [
    "nomodeset",
    `root=squash:${contentUrl(boot.filesUrl, boot.image.squashfs.sha256, "squashfs")}`,
    `ip=::::${boot.hostname}:BOOTIF:dhcp`,
    "ip6=off",
    "cc:{'datasource_list': ['MAAS']}end_cc",
    `cloud-config-url=${boot.preseedUrl}`,
    "ro",
    "overlayroot=tmpfs",
    "overlayroot_cfgdisk=disabled",
    "console=tty0",
    "console=ttyS0,115200",
    boot.image.kernelOptions,
    boot.kernelOptions ?? "", // the kernel takes the last of an option that is there twice
    `BOOTIF=01-${boot.mac.replaceAll(":", "-")}`,
  ].filter((token) => token !== "").join(" ");
}

/** The kernel command line that only switches the machine off, by the image's own initramfs. */
export function powerOffCommandLine(mac: MacAddress): string {
  return `rackwright.poweroff console=tty0 console=ttyS0,115200 BOOTIF=01-${
    mac.replaceAll(":", "-")
  }`;
}

/** Where a file of the content cache is served; the name is for people, the hash decides. */
export function contentUrl(filesUrl: string, sha256: string, name: string): string {
  return `${filesUrl}/images/${sha256}/${name}`;
}
