import type { RegionContext } from "@/region/context.ts";
import { blobName, chunksName, uploadName } from "@/region/object_store/object_names.ts";
import type { ByteRange, ObjectInfo, StoredObject } from "@/region/object_store/object_store.ts";
import { sha256Hex } from "@/region/tokens/digest.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** What is known of an image's file; uploads of sites are not found here. Throws `not_found`. */
export async function findBlob(ctx: RegionContext, sha256: string): Promise<ObjectInfo> {
  checkHash(sha256);
  const info = await ctx.objectStore.head(blobName(sha256));
  if (!info) throw missing(sha256);
  return info;
}

/** The bytes of an image's file, or a range of them. Throws `not_found`. */
export async function readBlob(
  ctx: RegionContext,
  sha256: string,
  range?: ByteRange,
): Promise<StoredObject> {
  checkHash(sha256);
  const object = await ctx.objectStore.get(blobName(sha256), range);
  if (!object) throw missing(sha256);
  return object;
}

/** The hashes of the file's chunks. Throws `not_found`. */
export async function readChunks(ctx: RegionContext, sha256: string): Promise<StoredObject> {
  checkHash(sha256);
  const object = await ctx.objectStore.get(chunksName(sha256));
  if (!object) throw missing(sha256);
  return object;
}

/** Keeps what a site sent, under its hash and apart from the images. The same again: no harm. */
export async function storeUpload(
  ctx: RegionContext,
  siteId: string,
  upload: { sha256: string; bytes: Uint8Array<ArrayBuffer> },
): Promise<{ isNew: boolean }> {
  checkHash(upload.sha256);
  const actual = await sha256Hex(upload.bytes);
  if (actual !== upload.sha256) {
    throw new DomainError({
      kind: "invalid_input",
      code: "blob.hash_mismatch",
      message: `the body's SHA-256 is ${actual}, not ${upload.sha256}`,
    });
  }
  const name = uploadName(siteId, upload.sha256);
  const stored = await ctx.objectStore.put(name, upload.bytes, { ifAbsent: true });
  return { isNew: stored !== undefined };
}

function checkHash(sha256: string): void {
  if (/^[0-9a-f]{64}$/.test(sha256)) return;
  throw new DomainError({
    kind: "invalid_input",
    code: "blob.bad_name",
    message: "a blob is named by the 64 lower-case hex digits of its SHA-256",
  });
}

function missing(sha256: string): DomainError {
  return new DomainError({
    kind: "not_found",
    code: "blob.missing",
    message: `there is no blob ${sha256}`,
  });
}
