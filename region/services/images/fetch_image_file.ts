import type { RegionContext } from "@/region/context.ts";
import { resolveInside } from "@/region/domain/stream_path.ts";
import type { WantedFile } from "@/region/domain/stream_products.ts";
import { blobName } from "@/region/object_store/object_names.ts";
import { verifiedStream } from "@/region/object_store/verified_stream.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { openSource } from "./stream_source.ts";

/** A root image over a slow line takes its time; one that takes longer is stuck. */
const FILE_TIMEOUT_MS = 3_600_000;

/**
 * Brings a file of an image source into the object store under the hash that the source names.
 *
 * Nothing is fetched when it is there. Throws `invalid_input` when size or hash are not as named;
 * then nothing is stored.
 */
export async function fetchImageFile(
  ctx: RegionContext,
  rootUrl: string,
  file: WantedFile,
): Promise<void> {
  const stored = await ctx.objectStore.head(blobName(file.sha256));
  if (stored?.bytes === file.bytes) return;
  const url = resolveInside(rootUrl, file.path);
  const body = await openSource(url, AbortSignal.timeout(FILE_TIMEOUT_MS));
  const verified = body.pipeThrough(verifiedStream(file, (what) =>
    new DomainError({
      kind: "invalid_input",
      code: "image_source.file_differs",
      message: `${url} ${what}; the image was not taken`,
    })));
  await ctx.objectStore.put(blobName(file.sha256), verified);
}
