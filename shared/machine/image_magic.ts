import type { ImageFileRole } from "./image_file.ts";

/** How much of a file's beginning tells what it is. */
export const MAGIC_BYTES = 512;

interface Format {
  readonly name: string;
  readonly at: number;
  readonly bytes: readonly number[];
}

const FORMATS = {
  gzip: { name: "gzip", at: 0, bytes: [0x1f, 0x8b] }, // RFC 1952 §2.3.1
  xz: { name: "xz", at: 0, bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] }, // .xz format 1.2 §2.1.1.1
  zstd: { name: "Zstandard", at: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd] }, // RFC 8878 §3.1.1
  squashfs: { name: "squashfs", at: 0, bytes: [0x68, 0x73, 0x71, 0x73] }, // "hsqs", version 4
  bootSector: { name: "a disk with a boot sector", at: 510, bytes: [0x55, 0xaa] }, // UEFI 2.10 §5.2.1
} as const satisfies Record<string, Format>;

const EXPECTED: Partial<Record<ImageFileRole, Format>> = {
  "squashfs": FORMATS.squashfs,
  "root-tgz": FORMATS.gzip,
  "root-txz": FORMATS.xz,
  "root-dd": FORMATS.bootSector,
  "root-dd.gz": FORMATS.gzip,
  "root-dd.xz": FORMATS.xz,
  "root-dd.zst": FORMATS.zstd,
};

/**
 * What speaks against a file being what it is called, as the end of a sentence such as
 * `is gzip, not squashfs`; undefined: nothing. `head` holds its first bytes.
 */
export function formatFault(role: ImageFileRole, head: Uint8Array): string | undefined {
  const expected = EXPECTED[role];
  if (!expected || begins(head, expected)) return undefined;
  const found = Object.values(FORMATS).find((format) => begins(head, format));
  return `is ${found?.name ?? "of no format that we know"}, not ${expected.name}`;
}

function begins(head: Uint8Array, { at, bytes }: Format): boolean {
  return bytes.every((byte, i) => head[at + i] === byte);
}
