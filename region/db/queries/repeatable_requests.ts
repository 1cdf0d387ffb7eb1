import { and, eq, inArray, lt } from "drizzle-orm";
import type { Db } from "../client.ts";
import {
  type NewRepeatableRequest,
  type RepeatableRequestRow,
  repeatableRequests,
} from "../schema/repeatable_requests.ts";

export type { RepeatableRequestRow };

/** What a user asked for with this key before; undefined when the key is new. */
export async function findRepeatableRequest(
  db: Db,
  userId: number,
  key: string,
): Promise<RepeatableRequestRow | undefined> {
  const [row] = await listRepeatableRequests(db, userId, [key]);
  return row;
}

/** What a user asked for with these keys before; new keys are left out. */
export async function listRepeatableRequests(
  db: Db,
  userId: number,
  keys: readonly string[],
): Promise<RepeatableRequestRow[]> {
  if (keys.length === 0) return [];
  return await db.select().from(repeatableRequests)
    .where(and(eq(repeatableRequests.userId, userId), inArray(repeatableRequests.key, [...keys])));
}

/**
 * False when the user has used the key before. While another transaction is about to use it, it
 * waits for what becomes of that.
 */
export async function insertRepeatableRequest(
  db: Db,
  row: NewRepeatableRequest,
): Promise<boolean> {
  const rows = await db.insert(repeatableRequests).values(row).onConflictDoNothing({
    target: [repeatableRequests.userId, repeatableRequests.key],
  }).returning({ id: repeatableRequests.id });
  return rows.length > 0;
}

/** Adds how it was answered; false when the request left no row. */
export async function setAnswer(
  db: Db,
  id: string,
  answer: { answerStatus: number; sealedAnswer: string | null },
): Promise<boolean> {
  const rows = await db.update(repeatableRequests).set(answer).where(eq(repeatableRequests.id, id))
    .returning({ id: repeatableRequests.id });
  return rows.length > 0;
}

/** Keys that nobody is going to send again. */
export async function deleteRepeatableRequestsBefore(db: Db, time: Date): Promise<void> {
  await db.delete(repeatableRequests).where(lt(repeatableRequests.at, time));
}
