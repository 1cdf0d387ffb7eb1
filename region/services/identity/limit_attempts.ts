import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  deleteAttempts,
  forgiveAttempt,
  lockAttempts,
  setAttempts,
} from "@/region/db/queries/sign_in_attempts.ts";
import {
  countedAddress,
  delaySecondsAfter,
  FREE_FAILURES_PER_ADDRESS,
  FREE_FAILURES_PER_NAME,
} from "@/region/domain/sign_in_delay.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** Whose password is tried, and from where. */
export interface Attempt {
  readonly username: string;
  /** Absent: the home does not tell; then only the name is counted. */
  readonly remoteAddress?: string;
}

/**
 * Counts an attempt as failed before the password is looked at, so that a thousand guesses sent at
 * once are a thousand failures; `forgetFailures` takes it back when the password was right.
 *
 * Counted per name and address, so that nobody can lock somebody else out from afar, and per address
 * over all names. Throws `limited` while there is still to wait, without looking at the password.
 */
export async function countAttempt(ctx: RegionContext, attempt: Attempt): Promise<void> {
  const waitSeconds = await ctx.db.transaction(async (tx) => {
    const now = ctx.now();
    const counts = [];
    // Always in this order: two attempts cannot wait for each other.
    for (const { key, free } of keysOf(attempt)) {
      counts.push({ free, row: await lockAttempts(tx, key, now) });
    }
    const waitMs = Math.max(...counts.map(({ row }) => row.blockedUntil.getTime() - now.getTime()));
    if (waitMs > 0) return Math.ceil(waitMs / 1000);
    for (const { row, free } of counts) await countFailure(tx, row, { free, now });
    return 0;
  });
  if (waitSeconds > 0) throw tooMany(waitSeconds);
}

/** Called when the password was right: the next mistake is the first again. */
export async function forgetFailures(ctx: RegionContext, attempt: Attempt): Promise<void> {
  const [address, name] = keysOf(attempt);
  if (name) await deleteAttempts(ctx.db, name.key);
  // Not forgotten: one account of one's own would clear the way to everybody's.
  if (address) await forgiveAttempt(ctx.db, address.key);
}

async function countFailure(
  tx: Db,
  row: Awaited<ReturnType<typeof lockAttempts>>,
  { free, now }: { free: number; now: Date },
): Promise<void> {
  const failures = row.failures + 1;
  const blockedUntil = new Date(now.getTime() + delaySecondsAfter(failures, free) * 1000);
  await setAttempts(tx, { key: row.key, failures, lastAt: now, blockedUntil });
}

function keysOf({ username, remoteAddress }: Attempt) {
  const address = remoteAddress === undefined ? "unknown" : countedAddress(remoteAddress);
  return [
    {
      key: `address ${address}`,
      free: remoteAddress === undefined ? Infinity : FREE_FAILURES_PER_ADDRESS,
    },
    { key: `name ${username} at ${address}`, free: FREE_FAILURES_PER_NAME },
  ];
}

function tooMany(seconds: number): DomainError {
  return new DomainError({
    kind: "limited",
    code: "session.too_many_attempts",
    message: `too many wrong passwords; try again in ${seconds} s`,
    retryAfterSeconds: seconds,
  });
}
