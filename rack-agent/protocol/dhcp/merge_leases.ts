import type { LeaseChange } from "./lease.ts";
import { LeaseBook } from "./lease_book.ts";

/** Machines that were away longer get whatever address is free. */
const REMEMBER_MS = 30 * 24 * 3_600_000;

/** Fewer changes that make the same book. Ended leases are remembered for a month. */
export function mergeLeases(changes: Iterable<LeaseChange>, nowMs: number): Iterable<LeaseChange> {
  const book = new LeaseBook();
  for (const change of changes) book.apply(change);
  return book.snapshot(nowMs - REMEMBER_MS);
}
