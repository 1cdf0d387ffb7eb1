import { and, asc, count, eq, isNull, lt, or } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type ApiKeyRow, apiKeys, users } from "../schema/users.ts";
import type { ActingUser } from "./sessions.ts";
import { reachablePoolIds } from "./users.ts";

export type { ApiKeyRow } from "../schema/users.ts";

export async function insertApiKey(
  db: Db,
  key: typeof apiKeys.$inferInsert,
): Promise<ApiKeyRow> {
  const [row] = await db.insert(apiKeys).values(key).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** A key and whose it is, in one statement; undefined when there is none with this prefix. */
export async function findApiKey(
  db: Db,
  prefix: string,
): Promise<(ActingUser & { key: ApiKeyRow }) | undefined> {
  const [row] = await db.select({ key: apiKeys, user: users, poolIds: reachablePoolIds() })
    .from(apiKeys).innerJoin(users, eq(users.id, apiKeys.userId))
    .where(eq(apiKeys.prefix, prefix));
  return row;
}

/** Notes the use, unless one after `since` is noted already: not every request becomes a write. */
export async function touchApiKey(
  db: Db,
  id: number,
  use: { at: Date; since: Date },
): Promise<void> {
  await db.update(apiKeys).set({ lastUsedAt: use.at })
    .where(and(
      eq(apiKeys.id, id),
      or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, use.since)),
    ));
}

/** Oldest first. */
export async function listApiKeys(db: Db, userId: number, limit: number): Promise<ApiKeyRow[]> {
  return await db.select().from(apiKeys).where(eq(apiKeys.userId, userId))
    .orderBy(asc(apiKeys.id)).limit(limit);
}

export async function countApiKeys(db: Db, userId: number): Promise<number> {
  const [row] = await db.select({ count: count() }).from(apiKeys)
    .where(eq(apiKeys.userId, userId));
  return row?.count ?? 0;
}

/** The key, if it was there and, where `userId` is given, that user's. */
export async function deleteApiKey(
  db: Db,
  id: number,
  owner: { userId?: number },
): Promise<ApiKeyRow | undefined> {
  const [row] = await db.delete(apiKeys)
    .where(and(
      eq(apiKeys.id, id),
      owner.userId === undefined ? undefined : eq(apiKeys.userId, owner.userId),
    ))
    .returning();
  return row;
}
