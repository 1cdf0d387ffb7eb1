import { and, asc, count, eq, gt, inArray, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { machines } from "../schema/machines.ts";
import { machineTags, type TagRow, tags } from "../schema/tags.ts";

export type { TagRow } from "../schema/tags.ts";

/** Undefined when there is none. */
export async function findTag(db: Db, id: number): Promise<TagRow | undefined> {
  const [row] = await db.select().from(tags).where(eq(tags.id, id));
  return row;
}

export interface TagFilter {
  readonly names?: readonly string[];
  /** Only those with a greater number: the last one of the page before. */
  readonly afterId?: number;
}

/** In the order of their making. */
export async function listTags(db: Db, filter: TagFilter, limit: number): Promise<TagRow[]> {
  return await db.select().from(tags).where(and(
    filter.names && inArray(tags.name, [...filter.names]),
    filter.afterId === undefined ? undefined : gt(tags.id, filter.afterId),
  )).orderBy(asc(tags.id)).limit(limit);
}

/** How many machines have each of these; those on none are left out. */
export async function countMachinesWith(
  db: Db,
  tagIds: readonly number[],
): Promise<Map<number, number>> {
  if (tagIds.length === 0) return new Map();
  const rows = await db.select({ id: machineTags.tagId, machines: count() }).from(machineTags)
    .where(inArray(machineTags.tagId, [...tagIds])).groupBy(machineTags.tagId);
  return new Map(rows.map((row) => [row.id, row.machines]));
}

/** Throws a violation of `tags_name` when the name is taken. */
export async function insertTag(
  db: Db,
  tag: typeof tags.$inferInsert,
): Promise<TagRow> {
  const [row] = await db.insert(tags).values(tag).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export type TagChange = Partial<Pick<TagRow, "name" | "comment" | "definition" | "kernelOptions">>;

/** Changes a tag if nobody wrote it since `read`; undefined if somebody did. */
export async function updateTag(
  db: Db,
  read: Pick<TagRow, "id" | "version">,
  change: TagChange,
): Promise<TagRow | undefined> {
  const [row] = await db.update(tags).set({ ...change, version: sql`${tags.version} + 1` })
    .where(and(eq(tags.id, read.id), eq(tags.version, read.version))).returning();
  return row;
}

/** It is taken off all machines. */
export async function deleteTag(db: Db, id: number): Promise<void> {
  await db.delete(tags).where(eq(tags.id, id));
}

/** The tags of these machines, by name, each with the machine's number. */
export async function listMachineTags(
  db: Db,
  machineIds: readonly number[],
): Promise<{ machineId: number; tag: TagRow }[]> {
  if (machineIds.length === 0) return [];
  return await db.select({ machineId: machineTags.machineId, tag: tags }).from(machineTags)
    .innerJoin(tags, eq(tags.id, machineTags.tagId))
    .where(inArray(machineTags.machineId, [...machineIds])).orderBy(asc(tags.name));
}

/** Tags that are there already stay there. */
export async function addMachineTags(
  db: Db,
  pairs: readonly { machineId: number; tagId: number }[],
): Promise<void> {
  if (pairs.length > 0) await db.insert(machineTags).values([...pairs]).onConflictDoNothing();
}

export async function removeMachineTags(
  db: Db,
  machineId: number,
  tagIds: readonly number[],
): Promise<void> {
  if (tagIds.length === 0) return;
  await db.delete(machineTags)
    .where(and(eq(machineTags.machineId, machineId), inArray(machineTags.tagId, [...tagIds])));
}

/** The sites that have a machine with this tag. */
export async function listSitesOfTag(db: Db, tagId: number): Promise<string[]> {
  const rows = await db.selectDistinct({ siteId: machines.siteId }).from(machineTags)
    .innerJoin(machines, eq(machines.id, machineTags.machineId))
    .where(eq(machineTags.tagId, tagId)).orderBy(asc(machines.siteId));
  return rows.map(({ siteId }) => siteId);
}
