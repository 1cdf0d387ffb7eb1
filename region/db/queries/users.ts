import { and, asc, eq, isNull, lt, or, sql } from "drizzle-orm";
import type { Role } from "@/shared/machine/lifecycle.ts";
import type { Db } from "../client.ts";
import {
  type ApiKeyRow,
  apiKeys,
  sessions,
  type SshKeyRow,
  sshKeys,
  type UserRow,
  users,
} from "../schema/users.ts";

export type { SshKeyRow, UserRow } from "../schema/users.ts";

/** Undefined when there is none. */
export async function findUserByName(db: Db, username: string): Promise<UserRow | undefined> {
  const [row] = await db.select().from(users).where(eq(users.username, username));
  return row;
}

/** Undefined when there is none. */
export async function findUser(db: Db, id: number): Promise<UserRow | undefined> {
  const [row] = await db.select().from(users).where(eq(users.id, id));
  return row;
}

/** Row numbers to names. */
export async function listUsernames(db: Db): Promise<Map<number, string>> {
  const rows = await db.select({ id: users.id, username: users.username }).from(users);
  return new Map(rows.map((row) => [row.id, row.username]));
}

/** Whether anybody can sign in at all. */
export async function hasUsers(db: Db): Promise<boolean> {
  const rows = await db.select({ id: users.id }).from(users).limit(1);
  return rows.length > 0;
}

/** Keeps regions that start at once from both making the first user; until the transaction ends. */
export async function lockUsers(tx: Db): Promise<void> {
  await tx.execute(sql`LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE`);
}

export async function insertUser(
  db: Db,
  user: { username: string; passwordHash: string; role: Role; createdAt: Date },
): Promise<UserRow> {
  const [row] = await db.insert(users).values(user).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export async function insertSession(
  db: Db,
  session: { tokenHash: string; userId: number; expiresAt: Date },
): Promise<void> {
  await db.insert(sessions).values(session);
}

/** The user of a session that has not expired at `now`. */
export async function findSessionUser(
  db: Db,
  tokenHash: string,
  now: Date,
): Promise<UserRow | undefined> {
  const [row] = await db.select({ user: users, expiresAt: sessions.expiresAt }).from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId)).where(eq(sessions.tokenHash, tokenHash));
  return row && row.expiresAt > now ? row.user : undefined;
}

export async function deleteExpiredSessions(db: Db, now: Date): Promise<void> {
  await db.delete(sessions).where(lt(sessions.expiresAt, now));
}

export async function insertApiKey(
  db: Db,
  key: { userId: number; prefix: string; keyHash: string; createdAt: Date },
): Promise<void> {
  await db.insert(apiKeys).values(key);
}

/** A key and whose it is; undefined when there is none with this prefix. */
export async function findApiKey(
  db: Db,
  prefix: string,
): Promise<{ key: ApiKeyRow; user: UserRow } | undefined> {
  const [row] = await db.select({ key: apiKeys, user: users }).from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId)).where(eq(apiKeys.prefix, prefix));
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

export async function listSshKeys(db: Db, userId: number, limit: number): Promise<SshKeyRow[]> {
  return await db.select().from(sshKeys).where(eq(sshKeys.userId, userId)).orderBy(asc(sshKeys.id))
    .limit(limit);
}

/** Throws a violation of `ssh_keys_user_key` when the user has the key already. */
export async function insertSshKey(
  db: Db,
  key: { userId: number; key: string; comment: string },
): Promise<SshKeyRow> {
  const [row] = await db.insert(sshKeys).values(key).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** True when the user had it. */
export async function deleteSshKey(db: Db, userId: number, id: number): Promise<boolean> {
  const rows = await db.delete(sshKeys)
    .where(and(eq(sshKeys.id, id), eq(sshKeys.userId, userId))).returning({ id: sshKeys.id });
  return rows.length > 0;
}
