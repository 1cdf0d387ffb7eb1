import { eq, lt, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type SignInAttemptRow, signInAttempts } from "../schema/sign_in_attempts.ts";

export type { SignInAttemptRow } from "../schema/sign_in_attempts.ts";

/** The count of this key, made when it is not there, locked until the transaction ends. */
export async function lockAttempts(tx: Db, key: string, now: Date): Promise<SignInAttemptRow> {
  // An update that changes nothing: it locks the row, which nobody can then delete in between.
  const [row] = await tx.insert(signInAttempts)
    .values({ key, failures: 0, lastAt: now, blockedUntil: now })
    .onConflictDoUpdate({ target: signInAttempts.key, set: { key } })
    .returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export async function setAttempts(
  tx: Db,
  { key, ...counted }: SignInAttemptRow,
): Promise<void> {
  await tx.update(signInAttempts).set(counted).where(eq(signInAttempts.key, key));
}

export async function deleteAttempts(db: Db, key: string): Promise<void> {
  await db.delete(signInAttempts).where(eq(signInAttempts.key, key));
}

/** Takes back one counted failure; the wait that others earned stays. */
export async function forgiveAttempt(db: Db, key: string): Promise<void> {
  await db.update(signInAttempts)
    .set({ failures: sql`greatest(${signInAttempts.failures} - 1, 0)` })
    .where(eq(signInAttempts.key, key));
}

export async function deleteAttemptsBefore(db: Db, before: Date): Promise<void> {
  await db.delete(signInAttempts).where(lt(signInAttempts.lastAt, before));
}
