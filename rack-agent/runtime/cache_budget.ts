/** A file in the content cache. */
export interface StoredFile {
  readonly sha256: string;
  readonly bytes: number;
  /** When it was last asked for, ms since the epoch. */
  readonly usedMs: number;
}

/**
 * Which files have to go so that the rest fits `budgetBytes`: the longest unused first, never a pinned
 * one, even if the rest does not fit then.
 */
export function evictions(
  stored: readonly StoredFile[],
  pinned: ReadonlySet<string>,
  budgetBytes: number,
): string[] {
  let excessBytes = stored.reduce((sum, { bytes }) => sum + bytes, 0) - budgetBytes;
  const gone: string[] = [];
  for (const { sha256, bytes } of stored.toSorted((a, b) => a.usedMs - b.usedMs)) {
    if (excessBytes <= 0) break;
    if (pinned.has(sha256)) continue;
    gone.push(sha256);
    excessBytes -= bytes;
  }
  return gone;
}
