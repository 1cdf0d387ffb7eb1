import { and, asc, count, eq, inArray, isNotNull, ne, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { machines } from "../schema/machines.ts";
import { machineTags, type TagRow, tags } from "../schema/tags.ts";
import { anyOf } from "./any_of.ts";
import type { ListOrder, Slice } from "./keyset.ts";

export type { TagRow } from "../schema/tags.ts";

/** Undefined when there is none. */
export async function findTag(db: Db, id: number): Promise<TagRow | undefined> {
  const [row] = await db.select().from(tags).where(eq(tags.id, id));
  return row;
}

/** In the order of their making, unless asked otherwise. */
export const TAG_ORDER: ListOrder = {
  columns: { name: tags.name, createdAt: tags.createdAt, id: tags.id },
  unique: ["id"],
  initial: [{ key: "id", isDescending: false }],
};

export async function listTags(db: Db, { where, orderBy, limit }: Slice): Promise<TagRow[]> {
  return await db.select().from(tags).where(where).orderBy(...orderBy).limit(limit);
}

/** Those that there are, in the order of their making. */
export async function listTagsNamed(db: Db, names: readonly string[]): Promise<TagRow[]> {
  return await db.select().from(tags).where(inArray(tags.name, [...names])).orderBy(asc(tags.id));
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

export type TagChange = Partial<
  Pick<TagRow, "name" | "comment" | "definition" | "kernelOptions" | "pendingAfterId">
>;

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

/** The names of the tags of these machines, in their order; machines without any are left out. */
export async function listMachineTagNames(
  db: Db,
  machineIds: readonly number[],
): Promise<Map<number, string[]>> {
  if (machineIds.length === 0) return new Map();
  const rows = await db.select({
    id: machineTags.machineId,
    names: sql<string[]>`json_agg(${tags.name} ORDER BY ${tags.name})`,
  }).from(machineTags).innerJoin(tags, eq(tags.id, machineTags.tagId))
    .where(anyOf(machineTags.machineId, machineIds)).groupBy(machineTags.machineId);
  return new Map(rows.map(({ id, names }) => [id, names]));
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

/**
 * Every automatic tag; none of them changes until the transaction ends, so that a machine is never
 * held against a definition that has just been replaced. Lock machines first.
 */
export async function lockAutomaticTags(tx: Db): Promise<TagRow[]> {
  return await tx.select().from(tags).where(isNotNull(tags.definition)).orderBy(asc(tags.id))
    .for("share");
}

/** Automatic tags that machines are still to be held against. */
export async function listPendingTags(db: Db, limit: number): Promise<TagRow[]> {
  return await db.select().from(tags).where(isNotNull(tags.pendingAfterId)).orderBy(asc(tags.id))
    .limit(limit);
}

/** A tag that nobody else changes until the transaction ends; undefined when there is none. */
export async function lockTag(tx: Db, id: number): Promise<TagRow | undefined> {
  const [row] = await tx.select().from(tags).where(eq(tags.id, id)).for("update");
  return row;
}

/** Remembers how far its evaluation came; null: to the end. Nobody's change, so no new version. */
export async function setPending(tx: Db, id: number, afterId: number | null): Promise<void> {
  await tx.update(tags).set({ pendingAfterId: afterId }).where(eq(tags.id, id));
}

/** Those of these machines that have the tag. */
export async function listMachinesWith(
  db: Db,
  tagId: number,
  machineIds: readonly number[],
): Promise<number[]> {
  if (machineIds.length === 0) return [];
  const rows = await db.select({ id: machineTags.machineId }).from(machineTags)
    .where(and(eq(machineTags.tagId, tagId), inArray(machineTags.machineId, [...machineIds])));
  return rows.map(({ id }) => id);
}

/** Takes one tag off many machines. */
export async function removeTagFrom(
  tx: Db,
  tagId: number,
  machineIds: readonly number[],
): Promise<void> {
  if (machineIds.length === 0) return;
  await tx.delete(machineTags)
    .where(and(eq(machineTags.tagId, tagId), inArray(machineTags.machineId, [...machineIds])));
}

/**
 * What the tags of these machines add to their kernel's command line, by machine; machines without
 * are left out. In the order of the tags' names: the last of an option that is there twice wins.
 */
export async function listKernelOptions(
  db: Db,
  of: { siteId: string } | { machineId: number },
): Promise<Map<number, string>> {
  const options = sql<string>`string_agg(${tags.kernelOptions}, ' ' ORDER BY ${tags.name})`;
  const rows = await db.select({ machineId: machineTags.machineId, options }).from(machineTags)
    .innerJoin(tags, eq(tags.id, machineTags.tagId))
    .innerJoin(machines, eq(machines.id, machineTags.machineId))
    .where(and(
      ne(tags.kernelOptions, ""),
      "siteId" in of ? eq(machines.siteId, of.siteId) : eq(machines.id, of.machineId),
    ))
    .groupBy(machineTags.machineId);
  return new Map(rows.map((row) => [row.machineId, row.options]));
}
