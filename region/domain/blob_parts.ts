const MIB = 1024 ** 2;
const PARTS_WANTED = 500;
/** Small enough that a part that breaks off costs little, large enough to be worth a request. */
const PART_BYTES_MIN = MIB;
/** A part is held in memory where the region has 128 MB for everything. */
const PART_BYTES_MAX = 32 * MIB;

/** In parts of what size a file comes: whole MiB, all alike but for the last. */
export function partBytesOf(fileBytes: number): number {
  const wanted = Math.ceil(fileBytes / PARTS_WANTED / MIB) * MIB;
  return Math.min(PART_BYTES_MAX, Math.max(PART_BYTES_MIN, wanted));
}

/** The part, from 0, in bytes of the file; `last` is inclusive. Undefined: there is no such part. */
export function partRange(
  { bytes, partBytes }: { readonly bytes: number; readonly partBytes: number },
  number: number,
): { first: number; last: number } | undefined {
  const first = number * partBytes;
  if (!Number.isInteger(number) || number < 0 || first >= bytes) return undefined;
  return { first, last: Math.min(first + partBytes, bytes) - 1 };
}

/** How many parts a file has. */
export function partCount(
  { bytes, partBytes }: { readonly bytes: number; readonly partBytes: number },
): number {
  return Math.ceil(bytes / partBytes);
}
