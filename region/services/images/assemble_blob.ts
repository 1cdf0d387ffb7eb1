import type { RegionContext } from "@/region/context.ts";
import { partCount } from "@/region/domain/blob_parts.ts";
import { CHUNK_BYTES, ChunkHashes } from "@/region/object_store/chunk_hashes.ts";
import { blobName, chunksName, partName } from "@/region/object_store/object_names.ts";
import { sha256Hex } from "@/region/tokens/digest.ts";
import { verifiedStream } from "@/region/object_store/verified_stream.ts";

/** A file of which all parts are in the object store. */
export interface Parted {
  readonly sha256: string;
  readonly bytes: number;
  readonly partBytes: number;
}

/**
 * Makes the file of its parts, hashed as it is read back from the store; the parts go.
 *
 * Hashing here, and not as the parts come, costs reading once what was written; but a hash under way
 * cannot be kept between two requests except in JavaScript, at a tenth of the speed, and what was
 * written is then only believed. Throws what `fault` makes when it is not what it should be.
 */
export async function assembleBlob(
  ctx: RegionContext,
  file: Parted,
  fault: (what: string) => Error,
): Promise<void> {
  const chunks = new ChunkHashes();
  const verified = ReadableStream.from(readParts(ctx, file))
    .pipeThrough(verifiedStream(file, fault)).pipeThrough(chunks.stream);
  await ctx.objectStore.put(blobName(file.sha256), verified);
  await ctx.objectStore.put(chunksName(file.sha256), chunks.list());
  await removeParts(ctx, file);
}

/** What agents verify a file by while it comes; undefined: nobody has hashed its chunks. */
export async function chunksOf(
  ctx: RegionContext,
  sha256: string,
): Promise<{ bytes: number; sha256: string } | undefined> {
  const object = await ctx.objectStore.get(chunksName(sha256));
  if (!object) return undefined;
  const list = new Uint8Array(await new Response(object.body).arrayBuffer());
  return { bytes: CHUNK_BYTES, sha256: await sha256Hex(list) };
}

/** Parts of a file that nobody wants any more. */
export async function removeParts(ctx: RegionContext, file: Parted): Promise<void> {
  for (let number = 0; number < partCount(file); number++) {
    await ctx.objectStore.delete(partName(file.sha256, number));
  }
}

async function* readParts(
  ctx: RegionContext,
  file: Parted,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let number = 0; number < partCount(file); number++) {
    const part = await ctx.objectStore.get(partName(file.sha256, number));
    if (part) yield* part.body;
  }
}
