import type { ImageFileRole } from "./image_file.ts";

/** What people upload: boot programs come from sources only. */
export type UploadRole = Exclude<ImageFileRole, "bootfile">;

/** The usual names, among them those of packer-maas; the first that fits counts. */
const NAMES: readonly (readonly [RegExp, UploadRole])[] = [
  [/\.(squashfs|sqfs)$|^squashfs$/, "squashfs"],
  [/\.(tar\.gz|tgz)$/, "root-tgz"],
  [/\.(tar\.xz|txz)$/, "root-txz"],
  [/^(boot-)?initrd|^initramfs/, "initrd"],
  [/^(boot-kernel|vmlinu[xz]|bzimage|kernel)/, "kernel"],
  [/\.(img|raw|dd|ddimg|ddraw|disk|bin)$/, "root-dd"],
  [/\.(gz|ddgz)$/, "root-dd.gz"],
  [/\.(xz|ddxz)$/, "root-dd.xz"],
  [/\.zstd?$/, "root-dd.zst"],
];

/** What a file of an image is, by its name; undefined: that does not tell. */
export function roleOfName(path: string): UploadRole | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return NAMES.find(([pattern]) => pattern.test(name))?.[1];
}
