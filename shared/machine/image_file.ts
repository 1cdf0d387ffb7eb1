/**
 * What an image's file is for. Those that begin with `root-` are MAAS's file types for what gets
 * installed: an archive of a root filesystem, or a whole disk.
 */
export const IMAGE_FILE_ROLES = [
  "kernel",
  "initrd",
  "squashfs",
  "bootfile",
  "root-tgz",
  "root-txz",
  "root-dd",
  "root-dd.gz",
  "root-dd.xz",
  "root-dd.zst",
] as const;
export type ImageFileRole = (typeof IMAGE_FILE_ROLES)[number];

/**
 * How a system that is booted over the network is told where its root is, by what is in its initramfs:
 * MAAS's images (initramfs-tools with cloud-initramfs-rooturl, or ours), dracut's `livenet`, or
 * Debian's `live-boot`.
 */
export const BOOT_PROFILES = ["maas", "dracut", "live-boot"] as const;
export type BootProfile = (typeof BOOT_PROFILES)[number];

/** What can be put on a machine's disks. */
export type RootRole = Exclude<ImageFileRole, "kernel" | "initrd" | "bootfile">;

/** The file of an image that gets installed; undefined: it has none. */
export function rootFileOf<F extends { readonly role: ImageFileRole }>(
  files: readonly F[],
): (F & { readonly role: RootRole }) | undefined {
  return files.find((file): file is F & { readonly role: RootRole } =>
    file.role !== "kernel" && file.role !== "initrd" && file.role !== "bootfile"
  );
}

/** Whether a machine can be started with it over the network. */
export function isBootable(files: readonly { readonly role: ImageFileRole }[]): boolean {
  return ["kernel", "initrd", "squashfs"].every((role) => files.some((file) => file.role === role));
}

/** Why files of these roles make no image; undefined: they do. */
export function imageRolesFault(roles: readonly ImageFileRole[]): string | undefined {
  const repeated = roles.find((role, i) => roles.indexOf(role) !== i);
  if (repeated) return `there are two files of the role ${repeated}`;
  const roots = roles.filter((role) => role === "squashfs" || role.startsWith("root-"));
  if (roots.length !== 1) {
    return `an image has one file that gets installed; there are ${roots.length}`;
  }
  const [kernel, initrd] = [roles.includes("kernel"), roles.includes("initrd")];
  if (kernel !== initrd) return "a kernel and an initrd come together";
  if (kernel && !roles.includes("squashfs")) {
    return "a kernel and an initrd boot a squashfs, and there is none";
  }
}

/** What an image, its system and its release are called. */
export const IMAGE_WORD = /^[a-z0-9][a-z0-9._-]{0,62}$/;
export const IMAGE_WORD_ACCEPTED =
  "use 1 to 63 of a-z, 0-9, dots, dashes and underscores, beginning with a letter or digit";
