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
