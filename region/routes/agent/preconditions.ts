/** Whether an etag (without quotes) is among those of `If-None-Match`, RFC 9110 §13.1.2. */
export function etagMatcher(ifNoneMatch: string | undefined): (etag: string) => boolean {
  const listed = (ifNoneMatch ?? "").split(",").map((each) => each.trim());
  // Weak comparison: `W/"x"` is the same as `"x"`.
  return (etag) =>
    listed.includes("*") || listed.includes(`"${etag}"`) ||
    listed.includes(`W/"${etag}"`);
}

/** Seconds of `Prefer: wait=N`, RFC 7240 §4.3; 0 where there is none that can be read. */
export function waitSecondsOf(prefer: string | undefined): number {
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(prefer ?? "") ?? [];
  return Number(seconds ?? 0);
}

/**
 * The one range of bytes that `Range` asks for, of an object this large; RFC 9110 §14.1.2.
 *
 * Undefined: send all. That is also right for what is malformed, or asks for several ranges.
 */
export function rangeOf(
  header: string | undefined,
  bytes: number,
): { first: number; last: number } | "unsatisfiable" | undefined {
  const [match, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "") ?? [];
  if (match === undefined || (from === "" && to === "")) return undefined;
  if (from === "") {
    const length = Math.min(Number(to), bytes);
    return length === 0 ? "unsatisfiable" : { first: bytes - length, last: bytes - 1 };
  }
  const first = Number(from);
  const last = to === "" ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (to !== "" && Number(to) < first) return undefined;
  return first >= bytes ? "unsatisfiable" : { first, last };
}
