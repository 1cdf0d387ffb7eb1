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
 * Tokens follow MAAS's, because stock images' initramfs and cloud-init look for exactly these:
 * `root=squash:` and `ip=…:BOOTIF` (initramfs; with another boot profile, what that one's looks for),
 * `cc:{…}end_cc` and `cloud-config-url=` (cloud-init), `overlayroot=`. Nothing secret may stand
 * here: anyone on the machine can read it.
 */
export function kernelCommandLine(boot: EphemeralBoot): string {
  return [
    "nomodeset",
    ...rootTokens(boot),
    "cc:{'datasource_list': ['MAAS']}end_cc",
    `cloud-config-url=${boot.preseedUrl}`,
    "ro",
    "console=tty0",
    "console=ttyS0,115200",
    boot.image.kernelOptions,
    boot.kernelOptions ?? "", // the kernel takes the last of an option that is there twice
    `BOOTIF=01-${boot.mac.replaceAll(":", "-")}`,
  ].filter((token) => token !== "").join(" ");
}

/** Where its initramfs finds the root, and by which network. */
function rootTokens({ image, filesUrl, hostname }: EphemeralBoot): string[] {
  const rootUrl = (name: string) => contentUrl(filesUrl, image.squashfs.sha256, name);
  const { bootProfile = "maas" } = image;
  switch (bootProfile) {
    case "dracut": // dracut.cmdline(7); the card is the one of BOOTIF
      return [
        `root=live:${rootUrl("squashfs.img")}`,
        "rd.neednet=1",
        "ip=dhcp",
        "rd.live.overlay.overlayfs=1",
      ];
    case "live-boot": // live-boot(7): it looks at the end of the name
      return ["boot=live", `fetch=${rootUrl("filesystem.squashfs")}`];
    case "maas":
      return [
        `root=squash:${rootUrl("squashfs")}`,
        `ip=::::${hostname}:BOOTIF:dhcp`,
        "ip6=off",
        "overlayroot=tmpfs",
        "overlayroot_cfgdisk=disabled",
      ];
    default:
      throw new Error(`nobody decides to boot by the profile ${bootProfile}`);
  }
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
