import type { RegionContext } from "@/region/context.ts";
import { resolveInside } from "@/region/domain/stream_path.ts";
import {
  chooseImages,
  type SkippedProduct,
  type SourceSelection,
  type WantedFile,
  type WantedImage,
} from "@/region/domain/stream_products.ts";
import { blobName } from "@/region/object_store/object_names.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { readStreamProducts, type StreamSource } from "./stream_source.ts";

/** The store is asked about so many files at once. */
const HEADS_AT_ONCE = 16;
/** In the database a sync is one row, and no publisher has nearly as many. */
const IMAGES_MAX = 2000;

export interface SyncPlan {
  readonly images: readonly WantedImage[];
  readonly skipped: readonly SkippedProduct[];
  /** Those that are not in the object store yet, each once. */
  readonly missing: readonly WantedFile[];
  /** Of every file, each once, there or not. */
  readonly bytes: number;
}

/** What a sync of a source would take and download, as the source is now. */
export async function planSync(
  ctx: RegionContext,
  source: StreamSource & {
    readonly selections: readonly SourceSelection[];
    readonly keepVersions: number;
  },
): Promise<SyncPlan> {
  const products = await readStreamProducts(source, ctx.now());
  const { wanted: images, skipped } = chooseImages(products, source);
  if (images.length === 0) throw nothingUsable(source.url, skipped);
  if (images.length > IMAGES_MAX) throw tooMany(images.length);
  const files = new Map(images.flatMap((image) => image.files).map((file) => [file.sha256, file]));
  for (const file of files.values()) resolveInside(source.url, file.path);
  const missing = await missingOf(ctx, [...files.values()]);
  const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes, 0);
  return { images, skipped, missing, bytes };
}

/** Those that the object store does not have. */
export async function missingOf<F extends { readonly sha256: string; readonly bytes: number }>(
  ctx: RegionContext,
  files: readonly F[],
): Promise<F[]> {
  const missing: F[] = [];
  for (let at = 0; at < files.length; at += HEADS_AT_ONCE) {
    const some = files.slice(at, at + HEADS_AT_ONCE);
    const stored = await Promise.all(
      some.map(({ sha256 }) => ctx.objectStore.head(blobName(sha256))),
    );
    missing.push(...some.filter((file, i) => stored[i]?.bytes !== file.bytes));
  }
  return missing;
}

function nothingUsable(url: string, skipped: readonly SkippedProduct[]): DomainError {
  const [first] = skipped;
  return new DomainError({
    kind: "invalid_input",
    code: "image_source.nothing_usable",
    field: "selections",
    message:
      `${url} has nothing that is selected and has kernel, initrd and squashfs, and no boot ` +
      `program` + (first ? `; for one, ${first.product}: ${first.reason}` : ""),
  });
}

function tooMany(count: number): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "image_source.too_much_selected",
    field: "selections",
    message: `${count} images are selected; at most ${IMAGES_MAX} are taken from one source`,
  });
}
