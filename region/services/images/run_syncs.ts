import type { RegionContext } from "@/region/context.ts";
import {
  leaseTransfers,
  noteTransfer,
  releaseTransfers,
} from "@/region/db/queries/blob_transfers.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import { failSyncsOf, listDueSources, listFinishedSyncs } from "@/region/db/queries/image_syncs.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";
import { FETCH_ATTEMPTS_MAX, fetchRetryMs } from "@/region/domain/sync_retry.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { assembleBlob, removeParts } from "./assemble_blob.ts";
import { fetchParts, LEASE_MS, type LeasedTransfer } from "./fetch_parts.ts";
import { finishSync } from "./finish_sync.ts";
import { sourceFault, syncFailedEvent } from "./source_faults.ts";
import { startDueSync } from "./start_sync.ts";

/** Files at once: enough to fill a line over which an answer takes its time. */
const FILES_AT_ONCE = 3;
/** Reading a great file back and writing it whole. */
const ASSEMBLE_LEASE_MS = 30 * 60_000;
const SYNCS_PER_SLICE_MAX = 5;

/**
 * Does for at most about `sliceMs` what running syncs need: fetches parts, makes files of them, and
 * offers the images of which all files are there. Safe to run at once from several places, and to be
 * ended at any moment: the next one goes on where it was.
 */
export async function runSyncs(ctx: RegionContext, { sliceMs }: { sliceMs: number }) {
  const endMs = performance.now() + sliceMs;
  for (const sourceId of await listDueSources(ctx.db, ctx.now())) await startDueSync(ctx, sourceId);
  for (;;) {
    const isBusy = await fetchSome(ctx, endMs);
    for (const sync of await listFinishedSyncs(ctx.db, SYNCS_PER_SLICE_MAX)) {
      await finishSync(ctx, sync);
    }
    if (!isBusy || performance.now() >= endMs) return;
  }
}

/** False: there was nothing to fetch. */
async function fetchSome(ctx: RegionContext, endMs: number): Promise<boolean> {
  const token = idFromBytes(ctx.randomBytes(16));
  let isBusy = false;
  const fetchNext = async () => {
    while (performance.now() < endMs) {
      const now = ctx.now();
      const leaseUntil = new Date(now.getTime() + LEASE_MS);
      const own = `${token}-${idFromBytes(ctx.randomBytes(8))}`;
      const [row] = await leaseTransfers(ctx.db, { now, leaseUntil, token: own, limit: 1 });
      if (!row?.url) return;
      isBusy = true;
      const transfer = { ...row, url: row.url, leaseToken: own };
      await fetchFile(ctx, transfer, endMs).finally(() => releaseTransfers(ctx.db, own));
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, fetchNext));
  return isBusy;
}

async function fetchFile(
  ctx: RegionContext,
  transfer: LeasedTransfer,
  endMs: number,
): Promise<void> {
  const bytesPerSecond = transfer.bytesPerSecond ?? undefined;
  const pace = bytesPerSecond === undefined ? undefined : bytesPerSecond / FILES_AT_ONCE;
  try {
    const end = await fetchParts(ctx, transfer, { endMs, bytesPerSecond: pace });
    if (end !== "whole") return;
    const now = ctx.now();
    const leaseUntil = new Date(now.getTime() + ASSEMBLE_LEASE_MS);
    if (!await noteTransfer(ctx.db, transfer, { leaseUntil, touchedAt: now })) return;
    await assembleBlob(
      ctx,
      transfer,
      (what) =>
        sourceFault("image_source.file_differs", `${transfer.url} ${what}; it was not taken`),
    );
    await noteTransfer(ctx.db, transfer, { isDone: true, touchedAt: ctx.now() });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    await noteFault(ctx, transfer, error);
  }
}

/** What passes is tried again, later each time; what does not ends the syncs that want the file. */
async function noteFault(
  ctx: RegionContext,
  transfer: LeasedTransfer,
  { kind, code, message }: DomainError,
): Promise<void> {
  const now = ctx.now();
  ctx.log("image_sync.fetch_failed", { url: transfer.url, code, reason: message });
  const [byte = 0] = ctx.randomBytes(1);
  const noted = await noteTransfer(ctx.db, transfer, {
    attempts: transfer.attempts + 1,
    problem: message,
    nextAttemptAt: new Date(now.getTime() + fetchRetryMs(transfer.attempts + 1, byte / 255)),
    touchedAt: now,
  });
  const isHopeless = kind !== "unavailable" || transfer.attempts + 1 >= FETCH_ATTEMPTS_MAX;
  if (!noted || !isHopeless) return;
  if (code === "image_source.file_differs") {
    await removeParts(ctx, transfer);
    await noteTransfer(ctx.db, transfer, { doneBytes: 0 });
  }
  await ctx.db.transaction(async (tx) => {
    for (const sync of await failSyncsOf(tx, transfer.sha256, { code, message, at: now })) {
      await insertEvent(tx, syncFailedEvent(now, sync.sourceId, message));
    }
  });
}
