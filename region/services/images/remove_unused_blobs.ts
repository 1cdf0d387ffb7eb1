import type { RegionContext } from "@/region/context.ts";
import {
  deleteTransfer,
  isBlobInUse,
  listGarbage,
  listIdleTransfers,
  lockBlobs,
  removeGarbage,
} from "@/region/db/queries/blob_transfers.ts";
import { forgetImageSyncs } from "@/region/db/queries/image_syncs.ts";
import { blobName, chunksName } from "@/region/object_store/object_names.ts";
import { removeParts } from "./assemble_blob.ts";

const HOUR_MS = 3_600_000;
/** An agent may be in the middle of one, by a document that it has not replaced yet. */
const GRACE_MS = 24 * HOUR_MS;
/** Somebody who broke off may come back and go on. */
const PARTS_KEPT_MS = 7 * 24 * HOUR_MS;
const SYNCS_KEPT_MS = 90 * 24 * HOUR_MS;
const PER_TICK_MAX = 50;

/** Removes files that no image, machine, operation or sync needs, and parts that nobody completes. */
export async function removeUnusedBlobs(ctx: RegionContext): Promise<void> {
  const before = (ms: number) => new Date(ctx.now().getTime() - ms);
  for (
    const sha256 of await listGarbage(ctx.db, { before: before(GRACE_MS), limit: PER_TICK_MAX })
  ) {
    await removeIfUnused(ctx, sha256);
  }
  const idle = await listIdleTransfers(ctx.db, {
    before: before(PARTS_KEPT_MS),
    limit: PER_TICK_MAX,
  });
  for (const transfer of idle) {
    if (!transfer.isDone) await removeParts(ctx, transfer);
    await deleteTransfer(ctx.db, transfer.sha256);
  }
  await forgetImageSyncs(ctx.db, before(SYNCS_KEPT_MS));
}

/**
 * What a machine or a plan still refers to stays a candidate, and is looked at again the next time.
 * Under the lock: nobody begins to rely on the file between the look and the removal.
 */
async function removeIfUnused(ctx: RegionContext, sha256: string): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    await lockBlobs(tx);
    if (await isBlobInUse(tx, sha256)) return;
    await ctx.objectStore.delete(blobName(sha256));
    await ctx.objectStore.delete(chunksName(sha256));
    await deleteTransfer(tx, sha256);
    await removeGarbage(tx, [sha256]);
  });
}
