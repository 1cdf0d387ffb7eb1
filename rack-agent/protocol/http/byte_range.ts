/** Bytes first to last of a file, both inclusive. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Reads a `Range` header for a file of `bytes` bytes (RFC 9110 §14.2).
 *
 * `undefined`: send everything (no range, a unit that is not bytes, several ranges, bad syntax: a
 * server may ignore what it does not support). `"unsatisfiable"`: answer 416.
 */
export function parseByteRange(
  header: string | null,
  bytes: number,
): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  if (match[1] === "") {
    const suffixBytes = Number(match[2]);
    if (suffixBytes === 0 || bytes === 0) return "unsatisfiable";
    return { first: Math.max(0, bytes - suffixBytes), last: bytes - 1 };
  }
  const first = Number(match[1]);
  const last = match[2] === "" ? bytes - 1 : Math.min(Number(match[2]), bytes - 1);
  if (first >= bytes) return "unsatisfiable";
  return last < first ? undefined : { first, last };
}
