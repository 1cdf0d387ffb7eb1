import { and, eq, lt } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type RepeatableRequestRow, repeatableRequests } from "../schema/operations.ts";

export type { RepeatableRequestRow };

/** What a user asked for with this key before; undefined when the key is new. */
export async function findRepeatableRequest(
  db: Db,
  userId: number,
  key: string,
): Promise<RepeatableRequestRow | undefined> {
  const [row] = await db.select().from(repeatableRequests)
    .where(and(eq(repeatableRequests.userId, userId), eq(repeatableRequests.key, key)));
  return row;
}

/** Throws a violation of `repeatable_requests_pkey` when the user has used the key before. */
export async function insertRepeatableRequest(db: Db, row: RepeatableRequestRow): Promise<void> {
  await db.insert(repeatableRequests).values(row);
}

/** Keys that nobody is going to send again. */
export async function deleteRepeatableRequestsBefore(db: Db, time: Date): Promise<void> {
  await db.delete(repeatableRequests).where(lt(repeatableRequests.at, time));
}
