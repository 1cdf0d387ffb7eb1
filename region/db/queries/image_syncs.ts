import { and, asc, desc, eq, inArray, lt, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import {
  blobTransfers,
  bootSources,
  imageSyncFiles,
  type ImageSyncRow,
  imageSyncs,
  type SyncState,
} from "../schema/boot_sources.ts";

export type { ImageSyncRow, SyncImage, SyncState } from "../schema/boot_sources.ts";

/** How far a sync is, in bytes of what was missing when it began. */
export interface SyncProgress {
  readonly doneBytes: number;
  /** All that came for it, twice what came twice. */
  readonly fetchedBytes: number;
  /** The first thing that is in the way just now. */
  readonly problem: string | null;
}

export type SyncWithProgress = ImageSyncRow & SyncProgress;

export async function insertImageSync(
  db: Db,
  sync: typeof imageSyncs.$inferInsert,
  files: readonly { sha256: string; bytes: number }[],
): Promise<void> {
  await db.insert(imageSyncs).values(sync);
  if (files.length === 0) return;
  await db.insert(imageSyncFiles)
    .values(files.map(({ sha256, bytes }) => ({ syncId: sync.id, sha256, bytes })));
}

const progress = sql<SyncProgress>`(
  select json_build_object(
    'doneBytes', coalesce(sum(case when t.is_done then f.bytes else t.done_bytes end), 0),
    'fetchedBytes', coalesce(sum(t.fetched_bytes), 0),
    'problem', min(t.problem))
  from ${imageSyncFiles} f left join ${blobTransfers} t on t.sha256 = f.sha256
  where f.sync_id = image_syncs.id)`;

/** Newest first. */
export async function listImageSyncs(
  db: Db,
  filter: { sourceId?: string; state?: SyncState; before?: Date; limit: number },
): Promise<SyncWithProgress[]> {
  const rows = await db.select({ row: imageSyncs, progress }).from(imageSyncs).where(and(
    filter.sourceId === undefined ? undefined : eq(imageSyncs.sourceId, filter.sourceId),
    filter.state === undefined ? undefined : eq(imageSyncs.state, filter.state),
    filter.before === undefined ? undefined : lt(imageSyncs.startedAt, filter.before),
  )).orderBy(desc(imageSyncs.startedAt), desc(imageSyncs.id)).limit(filter.limit);
  return rows.map(({ row, progress }) => ({ ...row, ...progress }));
}

/** Undefined when there is none. */
export async function findImageSync(db: Db, id: string): Promise<SyncWithProgress | undefined> {
  const [found] = await db.select({ row: imageSyncs, progress }).from(imageSyncs)
    .where(eq(imageSyncs.id, id));
  return found && { ...found.row, ...found.progress };
}

/** Running ones of which every file has come. */
export async function listFinishedSyncs(db: Db, limit: number): Promise<ImageSyncRow[]> {
  return await db.select().from(imageSyncs).where(and(
    eq(imageSyncs.state, "running"),
    sql`not exists (select 1 from ${imageSyncFiles} f
      join ${blobTransfers} t on t.sha256 = f.sha256
      where f.sync_id = ${imageSyncs.id} and not t.is_done)`,
  )).orderBy(asc(imageSyncs.startedAt)).limit(limit);
}

/** Ends a sync that runs; undefined when it does not run any more. */
export async function endImageSync(
  db: Db,
  id: string,
  end: { state: SyncState; at: Date; failure?: { code: string; message: string } },
): Promise<ImageSyncRow | undefined> {
  const [row] = await db.update(imageSyncs).set({
    state: end.state,
    endedAt: end.at,
    failureCode: end.failure?.code,
    failureMessage: end.failure?.message,
  }).where(and(eq(imageSyncs.id, id), eq(imageSyncs.state, "running"))).returning();
  return row;
}

/** Ends every running sync that wants this file, for it cannot be had. */
export async function failSyncsOf(
  db: Db,
  sha256: string,
  failure: { code: string; message: string; at: Date },
): Promise<ImageSyncRow[]> {
  const wanting = db.select({ id: imageSyncFiles.syncId }).from(imageSyncFiles)
    .where(eq(imageSyncFiles.sha256, sha256));
  return await db.update(imageSyncs).set({
    state: "failed",
    endedAt: failure.at,
    failureCode: failure.code,
    failureMessage: failure.message,
  }).where(and(eq(imageSyncs.state, "running"), inArray(imageSyncs.id, wanting))).returning();
}

/** Sources that are synced by the clock and whose time has come; never one that nobody synced yet. */
export async function listDueSources(db: Db, now: Date): Promise<string[]> {
  const rows = await db.select({ id: bootSources.id }).from(bootSources).where(sql`
    ${bootSources.syncMinutes} is not null
    and (select max(s.started_at) from ${imageSyncs} s where s.source_id = ${bootSources.id})
      < ${now.toISOString()}::timestamptz - make_interval(mins => ${bootSources.syncMinutes})
    and not exists (select 1 from ${imageSyncs} s
      where s.source_id = ${bootSources.id} and s.state = 'running')`)
    .orderBy(asc(bootSources.id));
  return rows.map(({ id }) => id);
}

/** Forgets ended syncs from before; the last of each source stays, for it says when that was. */
export async function forgetImageSyncs(db: Db, before: Date): Promise<void> {
  await db.delete(imageSyncs).where(and(
    or(...(["done", "failed", "cancelled"] as const).map((state) => eq(imageSyncs.state, state))),
    lt(imageSyncs.startedAt, before),
    sql`exists (select 1 from ${imageSyncs} later where later.source_id = ${imageSyncs.sourceId}
      and later.started_at > ${imageSyncs.startedAt})`,
  ));
}
