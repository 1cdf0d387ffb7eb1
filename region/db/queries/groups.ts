import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { groupMembers, groupPools, type GroupRow, groups } from "../schema/groups.ts";

export type { GroupRow } from "../schema/groups.ts";

/** A group with the numbers of its members and pools, ascending. */
export interface GroupWithLists extends GroupRow {
  readonly memberIds: number[];
  readonly poolIds: number[];
}

/** Undefined when there is none. */
export async function findGroup(db: Db, id: number): Promise<GroupWithLists | undefined> {
  const rows = await db.select().from(groups).where(eq(groups.id, id));
  const [group] = await withLists(db, rows);
  return group;
}

/** In the order of their making. */
export async function listGroups(
  db: Db,
  { afterId, limit }: { afterId?: number; limit: number },
): Promise<GroupWithLists[]> {
  const rows = await db.select().from(groups)
    .where(afterId === undefined ? undefined : gt(groups.id, afterId))
    .orderBy(asc(groups.id)).limit(limit);
  return await withLists(db, rows);
}

/** Throws a violation of `groups_name` when the name is taken. */
export async function insertGroup(
  db: Db,
  group: { name: string; description?: string; createdAt: Date },
): Promise<GroupRow> {
  const [row] = await db.insert(groups).values(group).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Changes a group if nobody wrote it since `read`; undefined if somebody did. */
export async function updateGroup(
  db: Db,
  read: Pick<GroupRow, "id" | "version">,
  change: { name?: string; description?: string },
): Promise<GroupRow | undefined> {
  const [row] = await db.update(groups)
    .set({ ...change, version: sql`${groups.version} + 1` })
    .where(and(eq(groups.id, read.id), eq(groups.version, read.version)))
    .returning();
  return row;
}

/** Throws a violation of `group_members_user` when one of the users is not there. */
export async function replaceMembers(
  tx: Db,
  groupId: number,
  userIds: readonly number[],
): Promise<void> {
  await tx.delete(groupMembers).where(eq(groupMembers.groupId, groupId));
  if (userIds.length === 0) return;
  await tx.insert(groupMembers).values(userIds.map((userId) => ({ groupId, userId })));
}

/** Throws a violation of `group_pools_pool` when one of the pools is not there. */
export async function replaceGroupPools(
  tx: Db,
  groupId: number,
  poolIds: readonly number[],
): Promise<void> {
  await tx.delete(groupPools).where(eq(groupPools.groupId, groupId));
  if (poolIds.length === 0) return;
  await tx.insert(groupPools).values(poolIds.map((poolId) => ({ groupId, poolId })));
}

/** Memberships and opened pools go with it. */
export async function deleteGroup(db: Db, id: number): Promise<void> {
  await db.delete(groups).where(eq(groups.id, id));
}

async function withLists(db: Db, rows: GroupRow[]): Promise<GroupWithLists[]> {
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return [];
  const members = await db.select().from(groupMembers)
    .where(inArray(groupMembers.groupId, ids)).orderBy(asc(groupMembers.userId));
  const pools = await db.select().from(groupPools)
    .where(inArray(groupPools.groupId, ids)).orderBy(asc(groupPools.poolId));
  return rows.map((row) => ({
    ...row,
    memberIds: members.filter((each) => each.groupId === row.id).map((each) => each.userId),
    poolIds: pools.filter((each) => each.groupId === row.id).map((each) => each.poolId),
  }));
}

/** How many of these groups are there. */
export async function countGroups(db: Db, ids: readonly number[]): Promise<number> {
  if (ids.length === 0) return 0;
  return (await db.select({ id: groups.id }).from(groups).where(inArray(groups.id, [...ids])))
    .length;
}

/**
 * Puts a user into `groupIds` and out of the other `mappedIds`; groups that are neither, or not there
 * (any more), are left alone. What that changed.
 */
export async function setMemberships(
  tx: Db,
  { userId, mappedIds, groupIds }: {
    userId: number;
    mappedIds: readonly number[];
    groupIds: readonly number[];
  },
): Promise<{ joined: number[]; left: number[] }> {
  const others = mappedIds.filter((id) => !groupIds.includes(id));
  const left = others.length === 0 ? [] : await tx.delete(groupMembers)
    .where(and(eq(groupMembers.userId, userId), inArray(groupMembers.groupId, others)))
    .returning({ id: groupMembers.groupId });
  const there = groupIds.length === 0
    ? []
    : await tx.select({ id: groups.id }).from(groups).where(inArray(groups.id, [...groupIds]));
  const joined = there.length === 0 ? [] : await tx.insert(groupMembers)
    .values(there.map(({ id: groupId }) => ({ groupId, userId }))).onConflictDoNothing()
    .returning({ id: groupMembers.groupId });
  return { joined: joined.map(({ id }) => id), left: left.map(({ id }) => id) };
}
