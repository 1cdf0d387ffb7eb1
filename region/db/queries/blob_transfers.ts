import { and, asc, eq, inArray, lt, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import {
  blobGarbage,
  type BlobTransferRow,
  blobTransfers,
  imageSyncFiles,
  imageSyncs,
} from "../schema/boot_sources.ts";
import { images } from "../schema/images.ts";
import { machines } from "../schema/machines.ts";
import { operations } from "../schema/operations.ts";

export type { BlobTransferRow } from "../schema/boot_sources.ts";
export type NewBlobTransfer = typeof blobTransfers.$inferInsert;

/** One lock for who removes files and who begins to rely on them. */
const BLOBS_LOCK = 715_2026;

/** Held to the end of the transaction: no file is removed, and none begins to be relied on. */
export async function lockBlobs(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${BLOBS_LOCK})`);
}

/** Begins to fetch files; of one that is under way already, the place it comes from is renewed. */
export async function wantTransfers(db: Db, transfers: readonly NewBlobTransfer[]): Promise<void> {
  if (transfers.length === 0) return;
  await db.insert(blobTransfers).values([...transfers]).onConflictDoUpdate({
    target: blobTransfers.sha256,
    set: {
      url: sql`excluded.url`,
      bytesPerSecond: sql`excluded.bytes_per_second`,
      nextAttemptAt: sql`excluded.next_attempt_at`,
      touchedAt: sql`excluded.touched_at`,
      isDone: false,
      attempts: 0,
      problem: null,
    },
  });
}

/**
 * Takes up to `limit` files that a running sync wants and nobody else fetches, until `leaseUntil`.
 * The greatest first, so that no long one is left over at the end.
 */
export async function leaseTransfers(
  db: Db,
  { now, leaseUntil, token, limit }: { now: Date; leaseUntil: Date; token: string; limit: number },
): Promise<BlobTransferRow[]> {
  const at = now.toISOString();
  const due = db.select({ sha256: blobTransfers.sha256 }).from(blobTransfers).where(and(
    eq(blobTransfers.isDone, false),
    sql`${blobTransfers.url} is not null`,
    sql`${blobTransfers.nextAttemptAt} <= ${at}`,
    sql`(${blobTransfers.leaseUntil} is null or ${blobTransfers.leaseUntil} < ${at})`,
    sql`exists (select 1 from ${imageSyncFiles} f join ${imageSyncs} s on s.id = f.sync_id
      where f.sha256 = ${blobTransfers.sha256} and s.state = 'running')`,
  )).orderBy(sql`${blobTransfers.bytes} desc`).limit(limit).for("update", { skipLocked: true });
  return await db.update(blobTransfers).set({ leaseToken: token, leaseUntil })
    .where(inArray(blobTransfers.sha256, due)).returning();
}

/**
 * Writes down what came of a file; undefined when the lease was lost or nobody wants it any more,
 * and then whoever fetches has to stop.
 */
export async function noteTransfer(
  db: Db,
  { sha256, leaseToken }: { sha256: string; leaseToken: string },
  change: Partial<NewBlobTransfer> & { fetched?: number },
): Promise<BlobTransferRow | undefined> {
  const { fetched = 0, ...set } = change;
  const [row] = await db.update(blobTransfers)
    .set({ ...set, fetchedBytes: sql`${blobTransfers.fetchedBytes} + ${fetched}` })
    .where(and(
      eq(blobTransfers.sha256, sha256),
      eq(blobTransfers.leaseToken, leaseToken),
      sql`exists (select 1 from ${imageSyncFiles} f join ${imageSyncs} s on s.id = f.sync_id
        where f.sha256 = ${blobTransfers.sha256} and s.state = 'running')`,
    )).returning();
  return row;
}

/** Gives files back before the lease is over. */
export async function releaseTransfers(db: Db, token: string): Promise<void> {
  await db.update(blobTransfers).set({ leaseToken: null, leaseUntil: null })
    .where(eq(blobTransfers.leaseToken, token));
}

/** Undefined when there is none. */
export async function findTransfer(db: Db, sha256: string): Promise<BlobTransferRow | undefined> {
  const [row] = await db.select().from(blobTransfers).where(eq(blobTransfers.sha256, sha256));
  return row;
}

/** Begins to take a file that somebody sends; one that is under way stays as it is. */
export async function insertUpload(db: Db, upload: NewBlobTransfer): Promise<void> {
  await db.insert(blobTransfers).values(upload).onConflictDoNothing();
}

/** Something has come of a file. */
export async function touchTransfer(db: Db, sha256: string, at: Date): Promise<void> {
  await db.update(blobTransfers).set({ touchedAt: at }).where(eq(blobTransfers.sha256, sha256));
}

export async function deleteTransfer(db: Db, sha256: string): Promise<void> {
  await db.delete(blobTransfers).where(eq(blobTransfers.sha256, sha256));
}

/** Those that no running sync wants and that nothing happened to since `before`. */
export async function listIdleTransfers(
  db: Db,
  { before, limit }: { before: Date; limit: number },
): Promise<BlobTransferRow[]> {
  return await db.select().from(blobTransfers).where(and(
    lt(blobTransfers.touchedAt, before),
    sql`not exists (select 1 from ${imageSyncFiles} f join ${imageSyncs} s on s.id = f.sync_id
      where f.sha256 = ${blobTransfers.sha256} and s.state = 'running')`,
  )).orderBy(asc(blobTransfers.touchedAt)).limit(limit);
}

/** These may be in nobody's use any more. */
export async function addGarbage(db: Db, sha256s: readonly string[], since: Date): Promise<void> {
  if (sha256s.length === 0) return;
  await db.insert(blobGarbage).values([...new Set(sha256s)].map((sha256) => ({ sha256, since })))
    .onConflictDoNothing();
}

export async function removeGarbage(db: Db, sha256s: readonly string[]): Promise<void> {
  if (sha256s.length === 0) return;
  await db.delete(blobGarbage).where(inArray(blobGarbage.sha256, [...sha256s]));
}

/** Candidates from before. */
export async function listGarbage(
  db: Db,
  { before, limit }: { before: Date; limit: number },
): Promise<string[]> {
  const rows = await db.select({ sha256: blobGarbage.sha256 }).from(blobGarbage)
    .where(lt(blobGarbage.since, before)).orderBy(asc(blobGarbage.since)).limit(limit);
  return rows.map(({ sha256 }) => sha256);
}

/**
 * Whether anything relies on a file: an image that is offered, one that a machine has or an
 * operation under way uses, a script of one, or a sync that runs. Asked under `lockBlobs`.
 */
export async function isBlobInUse(tx: Db, sha256: string): Promise<boolean> {
  const named = JSON.stringify([{ sha256 }]);
  const found = await tx.execute(sql`select (
    exists (select 1 from ${images} where ${images.files} @> ${named}::jsonb and (
      ${images.retiredAt} is null
      or exists (select 1 from ${machines} where ${machines.imageId} = ${images.id})
      or exists (select 1 from ${machines} where ${machines.rescue}->>'imageId' = ${images.id})
      or exists (select 1 from ${operations} 
        where ${images.id} in (${operations.imageId}, ${operations.bootImageId}) and ${operations.state} = 'running')))
    or exists (select 1 from ${operations} where ${operations.state} = 'running'
      and ${operations.scripts}::text like ${`%${sha256}%`})
    or exists (select 1 from ${imageSyncFiles} f join ${imageSyncs} s on s.id = f.sync_id
      where f.sha256 = ${sha256} and s.state = 'running')
  ) as used`) as unknown as { rows: { used: boolean }[] };
  return found.rows[0]?.used ?? true;
}
