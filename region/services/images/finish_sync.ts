import type { RegionContext } from "@/region/context.ts";
import {
  addGarbage,
  lockBlobs,
  removeGarbage,
  wantTransfers,
} from "@/region/db/queries/blob_transfers.ts";
import { findBootSource } from "@/region/db/queries/boot_sources.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import {
  endImageSync,
  type ImageSyncRow,
  type SyncImage,
} from "@/region/db/queries/image_syncs.ts";
import {
  bumpAllGenerations,
  type ImageFile,
  type ImageRow,
  retireOthers,
  upsertImage,
} from "@/region/db/queries/images.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { chunksOf } from "./assemble_blob.ts";
import { missingOf } from "./plan_sync.ts";
import { transferOf } from "./start_sync.ts";

/**
 * Offers the images of a sync, all of whose files are there, in place of those that the source had
 * before; nothing when the sync has ended meanwhile.
 *
 * All or nothing, and under the lock that keeps files from being removed: a file that was missing
 * after all is fetched again first.
 */
export async function finishSync(ctx: RegionContext, sync: ImageSyncRow): Promise<void> {
  const siteIds = await ctx.db.transaction(async (tx) => {
    await lockBlobs(tx);
    const source = await findBootSource(tx, sync.sourceId);
    const files = sync.wanted.flatMap(({ files }) => files);
    const missing = await missingOf(ctx, files);
    if (!source) return [];
    if (missing.length > 0) {
      await wantTransfers(tx, missing.map((file) => transferOf(ctx, source, file)));
      return [];
    }
    const at = ctx.now();
    const ended = await endImageSync(tx, sync.id, { state: "done", at });
    if (!ended) return [];
    const rows: ImageRow[] = [];
    for (const image of sync.wanted) {
      rows.push(await upsertImage(tx, await rowOf(ctx, image, source)));
    }
    const kept = rows.map(({ id }) => id);
    const retired = await retireOthers(tx, source.id, { kept, at });
    await addGarbage(tx, retired.flatMap(({ files }) => files.map(({ sha256 }) => sha256)), at);
    await removeGarbage(tx, files.map(({ sha256 }) => sha256));
    const actor = { userId: null, username: sync.askedBy ?? "region" };
    await recordChange(ctx, tx, actor, {
      action: "boot_source.synced",
      id: source.id,
      name: source.name,
      after: {
        images: rows.map(({ id, product, version }) => ({ id, product, version })),
        retired: retired.map(({ id, product, version }) => ({ id, product, version })),
      },
    });
    await insertEvent(tx, {
      at,
      level: "info",
      code: "image_sync.done",
      message: `${source.name} is synced: ${rows.length} images, ${retired.length} offered no more`,
    });
    return await bumpAllGenerations(tx);
  });
  for (const siteId of siteIds) await publishSoon(ctx, siteId);
}

async function rowOf(
  ctx: RegionContext,
  image: SyncImage,
  source: { readonly id: string; readonly url: string },
) {
  const { files, ...rest } = image;
  return {
    ...rest,
    id: `i-${idFromBytes(ctx.randomBytes(6))}`,
    files: await Promise.all(files.map(async (file): Promise<ImageFile> => {
      const { name, role, sha256, bytes, path } = file;
      return { name, role, sha256, bytes, path, chunks: await chunksOf(ctx, sha256) };
    })),
    sourceUrl: source.url,
    sourceId: source.id,
    retiredAt: null,
    createdAt: ctx.now(),
  };
}
