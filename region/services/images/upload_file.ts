import type { RegionContext } from "@/region/context.ts";
import {
  addGarbage,
  type BlobTransferRow,
  deleteTransfer,
  findTransfer,
  insertUpload,
  touchTransfer,
} from "@/region/db/queries/blob_transfers.ts";
import { partBytesOf, partCount, partRange } from "@/region/domain/blob_parts.ts";
import { blobName, partName } from "@/region/object_store/object_names.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { recordChange } from "../audit/record_change.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { assembleBlob, removeParts } from "./assemble_blob.ts";

/** 10,000 parts of 32 MiB would be more; this is what one request can read back and hash. */
const FILE_BYTES_MAX = 64 * 1024 ** 3;
const HEADS_AT_ONCE = 32;

/** A file that somebody sends, and how far it is. */
export interface Upload {
  readonly sha256: string;
  readonly bytes: number;
  /** All parts but the last have this many. */
  readonly partBytes: number;
  readonly partCount: number;
  /** From 0; none when all is there. */
  readonly missingParts: readonly number[];
  readonly isComplete: boolean;
}

/** Begins to take a file, or says how far it is: the same again does no harm. */
export async function startUpload(
  ctx: RegionContext,
  caller: Caller,
  { sha256, bytes }: { sha256: string; bytes: number },
): Promise<Upload> {
  requireRole(caller, "admin");
  if (bytes > FILE_BYTES_MAX) throw tooLarge(bytes);
  const stored = await ctx.objectStore.head(blobName(sha256));
  if (stored && stored.bytes !== bytes) throw otherSize(stored.bytes, bytes);
  await ctx.db.transaction(async (tx) => {
    const now = ctx.now();
    const row = {
      sha256,
      bytes,
      partBytes: partBytesOf(bytes),
      nextAttemptAt: now,
      touchedAt: now,
    };
    await insertUpload(tx, { ...row, isDone: stored !== undefined });
    const known = await findTransfer(tx, sha256);
    if (known && known.bytes !== bytes) throw otherSize(known.bytes, bytes);
    await recordChange(ctx, tx, caller, {
      action: "image_file.upload",
      id: sha256,
      after: { bytes },
    });
  });
  return await getUpload(ctx, caller, sha256);
}

/** Throws `not_found`. */
export async function getUpload(
  ctx: RegionContext,
  caller: Caller,
  sha256: string,
): Promise<Upload> {
  requireRole(caller, "admin");
  return await view(ctx, mustFind(await findTransfer(ctx.db, sha256), "image_file", sha256));
}

/** Takes a part; the same part again replaces it. Throws `invalid_input` when it has another size. */
export async function storePart(
  ctx: RegionContext,
  caller: Caller,
  { sha256, number, bytes }: { sha256: string; number: number; bytes: Uint8Array<ArrayBuffer> },
): Promise<void> {
  requireRole(caller, "admin");
  const row = mustFind(await findTransfer(ctx.db, sha256), "image_file", sha256);
  const range = partRange(row, number);
  const wantedBytes = range ? range.last - range.first + 1 : 0;
  if (!range) throw noSuchPart(row, number);
  if (bytes.length !== wantedBytes) throw partSize(number, bytes.length, wantedBytes);
  await ctx.objectStore.put(partName(sha256, number), bytes);
  await touchTransfer(ctx.db, sha256, ctx.now());
}

/**
 * Makes the file of its parts, if it is what it was said to be; otherwise the parts are gone too.
 *
 * A file that no image names is removed after a day.
 */
export async function completeUpload(
  ctx: RegionContext,
  caller: Caller,
  sha256: string,
): Promise<Upload> {
  requireRole(caller, "admin");
  const row = mustFind(await findTransfer(ctx.db, sha256), "image_file", sha256);
  const { missingParts, isComplete } = await view(ctx, row);
  if (missingParts.length > 0) throw partsMissing(missingParts);
  if (!isComplete) {
    try {
      await assembleBlob(ctx, row, (what) =>
        new DomainError({
          kind: "invalid_input",
          code: "image_file.differs",
          field: "sha256",
          message: `the file that was sent ${what}; send it again`,
        }));
    } catch (error) {
      if (error instanceof DomainError && error.code === "image_file.differs") {
        await removeParts(ctx, row);
      }
      throw error;
    }
  }
  await ctx.db.transaction(async (tx) => {
    await addGarbage(tx, [sha256], ctx.now());
    await recordChange(ctx, tx, caller, {
      action: "image_file.complete",
      id: sha256,
      after: { bytes: row.bytes },
    });
  });
  return await getUpload(ctx, caller, sha256);
}

/** Gives up on a file that is not whole yet. */
export async function dropUpload(
  ctx: RegionContext,
  caller: Caller,
  sha256: string,
): Promise<void> {
  requireRole(caller, "admin");
  const row = mustFind(await findTransfer(ctx.db, sha256), "image_file", sha256);
  if (row.url !== null) {
    throw new DomainError({
      kind: "conflict",
      code: "image_file.being_synced",
      message: `a sync fetches ${sha256}; cancel that instead`,
    });
  }
  await removeParts(ctx, row);
  await ctx.db.transaction(async (tx) => {
    await deleteTransfer(tx, sha256);
    await recordChange(ctx, tx, caller, { action: "image_file.drop", id: sha256 });
  });
}

async function view(ctx: RegionContext, row: BlobTransferRow): Promise<Upload> {
  const { sha256, bytes, partBytes } = row;
  const count = partCount(row);
  const isComplete = (await ctx.objectStore.head(blobName(sha256)))?.bytes === bytes;
  const missingParts = isComplete ? [] : await missingOf(ctx, row, count);
  return { sha256, bytes, partBytes, partCount: count, missingParts, isComplete };
}

async function missingOf(
  ctx: RegionContext,
  { sha256 }: BlobTransferRow,
  count: number,
): Promise<number[]> {
  const missing: number[] = [];
  for (let at = 0; at < count; at += HEADS_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(HEADS_AT_ONCE, count - at) }, (_, i) => at + i);
    const found = await Promise.all(
      numbers.map((number) => ctx.objectStore.head(partName(sha256, number))),
    );
    missing.push(...numbers.filter((_, i) => found[i] === undefined));
  }
  return missing;
}

function tooLarge(bytes: number): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "image_file.too_large",
    field: "bytes",
    value: String(bytes),
    accepted: `up to ${FILE_BYTES_MAX} bytes`,
    message: `a file of ${bytes} bytes is too large; at most ${FILE_BYTES_MAX} are taken`,
  });
}

function otherSize(known: number, bytes: number): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "image_file.other_size",
    field: "bytes",
    value: String(bytes),
    accepted: String(known),
    message: `the file with this hash has ${known} bytes, not ${bytes}`,
  });
}

function noSuchPart(row: BlobTransferRow, number: number): DomainError {
  return new DomainError({
    kind: "not_found",
    code: "image_file_part.missing",
    message: `there is no part ${number}: the file has ${partCount(row)}, from 0`,
  });
}

function partSize(number: number, found: number, wanted: number): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "image_file.part_size",
    value: `${found} bytes`,
    accepted: `${wanted} bytes`,
    message: `part ${number} has ${found} bytes; this part has to have ${wanted}`,
  });
}

function partsMissing(missing: readonly number[]): DomainError {
  const some = missing.slice(0, 10).join(", ");
  return new DomainError({
    kind: "conflict",
    code: "image_file.incomplete",
    message: `${missing.length} parts have not come: ${some}${missing.length > 10 ? ", …" : ""}`,
  });
}
