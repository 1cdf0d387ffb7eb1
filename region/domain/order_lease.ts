import { ORDER_LEASE_SECONDS } from "@/shared/contract/site_state.ts";

/** An agent and when it was last seen, by any sign of life. */
export interface SeenAgent {
  readonly id: string;
  readonly seenAt: Date;
}

/**
 * Whom an operation goes to: the agent that was seen last; undefined where it stays.
 *
 * It is passed on once its holder was not seen for the length of a lease, to one that was: if
 * nobody was, the whole site is cut off, and its agents go on with what they have.
 */
export function nextHolder(
  agents: readonly SeenAgent[],
  held: { readonly by: string; readonly since: Date } | undefined,
  now: Date,
): string | undefined {
  const latest = agents.toSorted((a, b) =>
    b.seenAt.getTime() - a.seenAt.getTime() || (a.id < b.id ? -1 : 1)
  );
  if (!held) return latest[0]?.id;
  const leaseMs = ORDER_LEASE_SECONDS * 1_000;
  const isRecent = (at: Date) => now.getTime() - at.getTime() < leaseMs;
  const holder = agents.find(({ id }) => id === held.by);
  // One that is not among them was revoked: nothing that it says counts.
  if (holder && (isRecent(holder.seenAt) || isRecent(held.since))) return undefined;
  return latest.find(({ id, seenAt }) => id !== held.by && (!holder || isRecent(seenAt)))?.id;
}
