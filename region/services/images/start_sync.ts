import type { RegionContext } from "@/region/context.ts";
import { type NewBlobTransfer, wantTransfers } from "@/region/db/queries/blob_transfers.ts";
import { type BootSourceRow, findBootSource } from "@/region/db/queries/boot_sources.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import {
  endImageSync,
  findImageSync,
  insertImageSync,
  listImageSyncs,
  type SyncState,
  type SyncWithProgress,
} from "@/region/db/queries/image_syncs.ts";
import { partBytesOf } from "@/region/domain/blob_parts.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";
import { resolveInside } from "@/region/domain/stream_path.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { recordChange } from "../audit/record_change.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { planSync, type SyncPlan } from "./plan_sync.ts";
import { syncFailedEvent } from "./source_faults.ts";

/** What a sync of the source would take and download. Throws as `planSync`. */
export async function previewSync(
  ctx: RegionContext,
  caller: Caller,
  sourceId: string,
): Promise<SyncPlan> {
  requireRole(caller, "operator");
  return await planSync(
    ctx,
    mustFind(await findBootSource(ctx.db, sourceId), "boot_source", sourceId),
  );
}

/**
 * Begins a sync: its index is read and checked now, its files come in the background.
 *
 * Throws as `planSync`; `conflict` when one is running already.
 */
export async function startSync(
  ctx: RegionContext,
  caller: Caller,
  sourceId: string,
): Promise<SyncWithProgress> {
  requireRole(caller, "operator");
  const source = mustFind(await findBootSource(ctx.db, sourceId), "boot_source", sourceId);
  const id = await begin(ctx, source, { caller });
  return mustFind(await findImageSync(ctx.db, id), "image_sync", id);
}

/** The same by the clock: what is wrong with the source is kept as a failed sync. */
export async function startDueSync(ctx: RegionContext, sourceId: string): Promise<void> {
  const source = await findBootSource(ctx.db, sourceId);
  if (!source) return;
  try {
    await begin(ctx, source, {});
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (error.code !== "image_sync.running") await noteFailedStart(ctx, source, error);
  }
}

/** Ends a sync; what came of it stays for a week, and the next one goes on from there. */
export async function cancelSync(
  ctx: RegionContext,
  caller: Caller,
  syncId: string,
): Promise<SyncWithProgress> {
  requireRole(caller, "operator");
  const sync = mustFind(await findImageSync(ctx.db, syncId), "image_sync", syncId);
  await ctx.db.transaction(async (tx) => {
    const ended = await endImageSync(tx, syncId, { state: "cancelled", at: ctx.now() });
    if (!ended) throw notRunning(sync);
    await recordChange(ctx, tx, caller, { action: "image_sync.cancel", id: syncId });
  });
  return mustFind(await findImageSync(ctx.db, syncId), "image_sync", syncId);
}

/** Newest first. */
export async function listSyncs(
  ctx: RegionContext,
  caller: Caller,
  filter: { sourceId?: string; state?: SyncState; before?: Date; limit: number },
): Promise<SyncWithProgress[]> {
  requireRole(caller, "viewer");
  return await listImageSyncs(ctx.db, filter);
}

/** Throws `not_found`. */
export async function getSync(
  ctx: RegionContext,
  caller: Caller,
  syncId: string,
): Promise<SyncWithProgress> {
  requireRole(caller, "viewer");
  return mustFind(await findImageSync(ctx.db, syncId), "image_sync", syncId);
}

/** A file that is to be fetched from a source. */
export function transferOf(
  ctx: RegionContext,
  source: { readonly url: string; readonly bytesPerSecond: number | null },
  file: { readonly sha256: string; readonly bytes: number; readonly path: string },
): NewBlobTransfer {
  return {
    sha256: file.sha256,
    bytes: file.bytes,
    partBytes: partBytesOf(file.bytes),
    url: resolveInside(source.url, file.path),
    bytesPerSecond: source.bytesPerSecond,
    nextAttemptAt: ctx.now(),
    touchedAt: ctx.now(),
  };
}

async function begin(
  ctx: RegionContext,
  source: BootSourceRow,
  { caller }: { caller?: Caller },
): Promise<string> {
  const plan = await planSync(ctx, source);
  const id = `sy-${idFromBytes(ctx.randomBytes(8))}`;
  await refuseViolations(
    { image_syncs_running: alreadyRunning(source) },
    () =>
      ctx.db.transaction(async (tx) => {
        await insertImageSync(tx, {
          id,
          sourceId: source.id,
          state: "running",
          askedBy: caller?.username ?? null,
          wanted: plan.images,
          skipped: plan.skipped,
          totalBytes: plan.missing.reduce((sum, { bytes }) => sum + bytes, 0),
          startedAt: ctx.now(),
        }, plan.missing);
        await wantTransfers(tx, plan.missing.map((file) => transferOf(ctx, source, file)));
        if (!caller) return;
        await recordChange(ctx, tx, caller, {
          action: "boot_source.sync",
          id: source.id,
          name: source.name,
          after: { syncId: id },
        });
      }),
  );
  return id;
}

async function noteFailedStart(
  ctx: RegionContext,
  source: BootSourceRow,
  { code, message }: DomainError,
): Promise<void> {
  const at = ctx.now();
  await ctx.db.transaction(async (tx) => {
    await insertImageSync(tx, {
      id: `sy-${idFromBytes(ctx.randomBytes(8))}`,
      sourceId: source.id,
      state: "failed",
      wanted: [],
      skipped: [],
      totalBytes: 0,
      failureCode: code,
      failureMessage: message,
      startedAt: at,
      endedAt: at,
    }, []);
    await insertEvent(tx, syncFailedEvent(at, source.name, message));
  });
}

function alreadyRunning(source: BootSourceRow) {
  return {
    code: "image_sync.running",
    message: `${source.name} is being synced; wait for its end, or cancel it`,
  };
}

function notRunning({ id, state }: { id: string; state: SyncState }): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "image_sync.over",
    message: `${id} is ${state} already`,
  });
}
