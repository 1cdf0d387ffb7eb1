import { and, asc, count, eq, gt, ilike, ne, or, type SQL, sql } from "drizzle-orm";
import type { Role } from "@/shared/machine/lifecycle.ts";
import type { Db } from "../client.ts";
import { groupMembers, groupPools, userPools } from "../schema/groups.ts";
import { machines } from "../schema/machines.ts";
import { type SshKeyRow, sshKeys, type UserRow, users } from "../schema/users.ts";

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

/** Who signs in with this account of an identity provider; undefined when nobody does. */
export async function findUserByOidc(
  db: Db,
  account: { issuer: string; subject: string },
): Promise<UserRow | undefined> {
  const [row] = await db.select().from(users)
    .where(and(eq(users.oidcIssuer, account.issuer), eq(users.oidcSubject, account.subject)));
  return row;
}

/** Who was invited by this address, in lower case; undefined when nobody was. */
export async function findUserByOidcEmail(db: Db, email: string): Promise<UserRow | undefined> {
  const [row] = await db.select().from(users).where(eq(users.oidcEmail, email));
  return row;
}

/** Links a user to an account of the provider; their invitation is used up. */
export async function linkUser(
  tx: Db,
  id: number,
  account: { issuer: string; subject: string },
): Promise<UserRow> {
  const [row] = await tx.update(users).set({
    oidcIssuer: account.issuer,
    oidcSubject: account.subject,
    oidcEmail: null,
    version: sql`${users.version} + 1`,
  }).where(eq(users.id, id)).returning();
  if (!row) throw new Error("the user was found before");
  return row;
}

export interface UserFilter {
  /** Part of a name or an e-mail address, in any case. */
  readonly text?: string;
  readonly role?: Role;
}

/** In the order of their making. */
export async function listUsers(
  db: Db,
  filter: UserFilter,
  { afterId, limit }: { afterId?: number; limit: number },
): Promise<UserRow[]> {
  const conditions: (SQL | undefined)[] = [];
  if (filter.role !== undefined) conditions.push(eq(users.role, filter.role));
  if (afterId !== undefined) conditions.push(gt(users.id, afterId));
  if (filter.text !== undefined) {
    const pattern = `%${filter.text.replaceAll(/[\\%_]/g, "\\$&")}%`;
    conditions.push(or(
      ilike(users.username, pattern),
      ilike(users.displayName, pattern),
      ilike(users.email, pattern),
    ));
  }
  return await db.select().from(users).where(and(...conditions)).orderBy(asc(users.id))
    .limit(limit);
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

/** Keeps others from adding and changing users until the transaction ends. */
export async function lockUsers(tx: Db): Promise<void> {
  await tx.execute(sql`LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE`);
}

/** Admins besides this user who may sign in. */
export async function countOtherAdmins(db: Db, userId: number): Promise<number> {
  const [row] = await db.select({ count: count() }).from(users)
    .where(and(eq(users.role, "admin"), eq(users.isDisabled, false), ne(users.id, userId)));
  return row?.count ?? 0;
}

/** Machines that are the user's at present. */
export async function countOwnedMachines(db: Db, userId: number): Promise<number> {
  const [row] = await db.select({ count: count() }).from(machines)
    .where(eq(machines.ownerUserId, userId));
  return row?.count ?? 0;
}

/** Throws a violation of `users_username_key` when the name is taken. */
export async function insertUser(
  db: Db,
  user: typeof users.$inferInsert,
): Promise<UserRow> {
  const [row] = await db.insert(users).values(user).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export type UserChange = Partial<
  Pick<
    UserRow,
    | "passwordHash"
    | "role"
    | "displayName"
    | "email"
    | "isDisabled"
    | "isPoolLimited"
    | "oidcEmail"
    | "oidcIssuer"
    | "oidcSubject"
  >
>;

/** Changes a user if nobody wrote it since `read`; undefined if somebody did. */
export async function updateUser(
  db: Db,
  read: Pick<UserRow, "id" | "version">,
  change: UserChange,
): Promise<UserRow | undefined> {
  const [row] = await db.update(users)
    .set({ ...change, version: sql`${users.version} + 1` })
    .where(and(eq(users.id, read.id), eq(users.version, read.version)))
    .returning();
  return row;
}

export async function setLastSignIn(db: Db, id: number, at: Date): Promise<void> {
  await db.update(users).set({ lastSignInAt: at }).where(eq(users.id, id));
}

/** Sessions, keys and memberships go with it. */
export async function deleteUser(db: Db, id: number): Promise<void> {
  await db.delete(users).where(eq(users.id, id));
}

/** The pools of a limited user, their own and their groups', without repeats. */
export function reachablePoolIds() {
  return sql<number[]>`ARRAY(
    SELECT ${userPools.poolId} FROM ${userPools} WHERE ${userPools.userId} = ${users.id}
    UNION
    SELECT ${groupPools.poolId} FROM ${groupPools}
    JOIN ${groupMembers} ON ${groupMembers.groupId} = ${groupPools.groupId}
    WHERE ${groupMembers.userId} = ${users.id}
    ORDER BY 1)`;
}

/** The pools named at the user itself, ascending. */
export async function listUserPools(db: Db, userId: number): Promise<number[]> {
  const rows = await db.select({ poolId: userPools.poolId }).from(userPools)
    .where(eq(userPools.userId, userId)).orderBy(asc(userPools.poolId));
  return rows.map((row) => row.poolId);
}

/** Throws a violation of `user_pools_pool` when one of the pools is not there. */
export async function replaceUserPools(
  tx: Db,
  userId: number,
  poolIds: readonly number[],
): Promise<void> {
  await tx.delete(userPools).where(eq(userPools.userId, userId));
  if (poolIds.length === 0) return;
  await tx.insert(userPools).values(poolIds.map((poolId) => ({ userId, poolId })));
}

export async function listSshKeys(db: Db, userId: number, limit: number): Promise<SshKeyRow[]> {
  return await db.select().from(sshKeys).where(eq(sshKeys.userId, userId)).orderBy(asc(sshKeys.id))
    .limit(limit);
}

/** One of the user's own; undefined when they have none with this number. */
export async function findSshKey(
  db: Db,
  userId: number,
  id: number,
): Promise<SshKeyRow | undefined> {
  const [row] = await db.select().from(sshKeys)
    .where(and(eq(sshKeys.id, id), eq(sshKeys.userId, userId)));
  return row;
}

/** Throws a violation of `ssh_keys_user_key` when the user has the key already. */
export async function insertSshKey(
  db: Db,
  key: { userId: number; key: string; comment: string; createdAt: Date },
): Promise<SshKeyRow> {
  const [row] = await db.insert(sshKeys).values(key).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Changes a key if nobody wrote it since `read`; undefined if somebody did. */
export async function updateSshKey(
  db: Db,
  read: Pick<SshKeyRow, "id" | "version">,
  change: { comment: string },
): Promise<SshKeyRow | undefined> {
  const [row] = await db.update(sshKeys)
    .set({ ...change, version: sql`${sshKeys.version} + 1` })
    .where(and(eq(sshKeys.id, read.id), eq(sshKeys.version, read.version)))
    .returning();
  return row;
}

export async function deleteSshKey(db: Db, id: number): Promise<void> {
  await db.delete(sshKeys).where(eq(sshKeys.id, id));
}
