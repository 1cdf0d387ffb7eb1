import type { RegionContext } from "@/region/context.ts";
import { bumpAllGenerations, type ImageRow, upsertImage } from "@/region/db/queries/images.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";
import { parseSourceUrl, resolveInside } from "@/region/domain/stream_path.ts";
import {
  chooseImages,
  type SkippedProduct,
  type WantedImage,
} from "@/region/domain/stream_products.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { fetchImageFile } from "./fetch_image_file.ts";
import { readStreamProducts } from "./stream_source.ts";

/**
 * Takes the newest version of every bootable product of a SimpleStreams tree.
 *
 * All or nothing: images appear once every file of all of them is verified and stored; files that
 * arrived before a failure stay, so that another try need not fetch them again.
 */
export async function importImages(
  ctx: RegionContext,
  caller: Caller,
  input: { url: string },
): Promise<{ images: ImageRow[]; skipped: SkippedProduct[] }> {
  requireRole(caller, "admin");
  const rootUrl = parseSourceUrl(input.url);
  const { wanted, skipped } = chooseImages(await readStreamProducts(rootUrl));
  if (wanted.length === 0) throw nothingUsable(rootUrl, skipped);
  const files = wanted.flatMap((image) => image.files);
  for (const file of files) resolveInside(rootUrl, file.path); // before the first byte is fetched
  for (const file of files) await fetchImageFile(ctx, rootUrl, file);
  const { images, siteIds } = await ctx.db.transaction(async (tx) => {
    const images: ImageRow[] = [];
    for (const image of wanted) images.push(await upsertImage(tx, rowOf(ctx, image, rootUrl)));
    await recordChange(ctx, tx, caller, {
      action: "image.import",
      id: new URL(rootUrl).host,
      name: rootUrl,
      after: { images: images.map(({ id, product, version }) => ({ id, product, version })) },
    });
    return { images, siteIds: await bumpAllGenerations(tx) };
  });
  for (const siteId of siteIds) await publishSoon(ctx, siteId);
  return { images, skipped };
}

function rowOf(ctx: RegionContext, image: WantedImage, sourceUrl: string) {
  const { files, ...rest } = image;
  return {
    ...rest,
    id: `i-${idFromBytes(ctx.randomBytes(6))}`,
    files: files.map(({ name, role, sha256, bytes }) => ({ name, role, sha256, bytes })),
    sourceUrl,
    createdAt: ctx.now(),
  };
}

function nothingUsable(rootUrl: string, skipped: readonly SkippedProduct[]): DomainError {
  const [first] = skipped;
  return new DomainError({
    kind: "invalid_input",
    code: "image_source.nothing_usable",
    field: "url",
    message: `${rootUrl} has no product with kernel, initrd and squashfs, and no boot program` +
      (first ? `; for one, ${first.product}: ${first.reason}` : ""),
  });
}
