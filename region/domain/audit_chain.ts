/** The hash before the first entry. */
export const GENESIS = "0".repeat(64);

/** An entry as far as it is sealed. */
export interface SealedEntry {
  readonly id: number;
  readonly at: Date;
  readonly userId: number | null;
  readonly username: string;
  readonly remoteAddress: string | null;
  readonly requestId: string | null;
  readonly action: string;
  readonly kind: string;
  readonly objectId: string;
  readonly objectName: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * What is hashed for one entry: the hash before it, its place in the chain, and every column in this
 * order, as JSON. Keys of objects are sorted, for the database keeps them in an order of its own.
 */
export function chainText(previousHash: string, position: number, entry: SealedEntry): string {
  return canonicalJson([
    previousHash,
    position,
    entry.id,
    entry.at.toISOString(),
    entry.userId,
    entry.username,
    entry.remoteAddress,
    entry.requestId,
    entry.action,
    entry.kind,
    entry.objectId,
    entry.objectName,
    entry.before ?? null,
    entry.after ?? null,
  ]);
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${
    entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(",")
  }}`;
}
