import type { RegionContext } from "@/region/context.ts";
import { type BlobTransferRow, noteTransfer } from "@/region/db/queries/blob_transfers.ts";
import { partRange } from "@/region/domain/blob_parts.ts";
import { partName } from "@/region/object_store/object_names.ts";
import { openSource } from "./open_source.ts";
import { sourceFault, sourceUnreachable } from "./source_faults.ts";

/** A part over a slow line takes its time; one that takes longer is stuck. */
const PART_TIMEOUT_MS = 120_000;
/** Longer than one part may take. */
export const LEASE_MS = PART_TIMEOUT_MS + 30_000;

/** A file that is ours to fetch for a while. */
export interface LeasedTransfer extends BlobTransferRow {
  readonly url: string;
  readonly leaseToken: string;
}

export type FetchEnd = "whole" | "out of time" | "not wanted";

/**
 * Fetches the parts that are missing of a file, one after the other, until all are there or the time
 * is over. Each is stored and written down before the next is asked for: whatever ends this, at most
 * one part is fetched twice. Throws `image_source.*`.
 */
export async function fetchParts(
  ctx: RegionContext,
  transfer: LeasedTransfer,
  { endMs, bytesPerSecond }: { endMs: number; bytesPerSecond: number | undefined },
): Promise<FetchEnd> {
  await using source = new PartSource(transfer);
  let { doneBytes } = transfer;
  while (doneBytes < transfer.bytes) {
    if (performance.now() >= endMs) return "out of time";
    const startedMs = performance.now();
    const number = doneBytes / transfer.partBytes;
    const range = partRange(transfer, number);
    if (!range) throw new Error("what is done of a file ends with a part");
    const wantedBytes = range.last - range.first + 1;
    const name = partName(transfer.sha256, number);
    // Stored just before whoever fetched it ended, and not written down.
    const isThere = (await ctx.objectStore.head(name))?.bytes === wantedBytes;
    if (!isThere) {
      const part = await source.read(range).finally(() => noteFetched(ctx, transfer, source));
      await ctx.objectStore.put(name, part);
    }
    doneBytes += wantedBytes;
    const now = ctx.now();
    const noted = await noteTransfer(ctx.db, transfer, {
      doneBytes,
      attempts: 0,
      problem: null,
      leaseUntil: new Date(now.getTime() + LEASE_MS),
      touchedAt: now,
    });
    if (!noted) return "not wanted";
    if (!isThere && bytesPerSecond !== undefined) {
      const dueMs = startedMs + wantedBytes / bytesPerSecond * 1000;
      await pause(Math.min(dueMs, endMs) - performance.now());
    }
  }
  return "whole";
}

async function noteFetched(
  ctx: RegionContext,
  transfer: LeasedTransfer,
  source: PartSource,
): Promise<void> {
  await noteTransfer(ctx.db, transfer, { fetched: source.takeCount() });
}

/** A body that is being read: where it is in the file, and where it ends. */
interface OpenBody {
  readonly reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly endsAt: number;
  at: number;
}

/** Reads a file range by range: a request each, or one for all where the source knows no ranges. */
class PartSource {
  readonly #file: LeasedTransfer;
  #open: OpenBody | undefined;
  #abort = new AbortController();
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  #fetched = 0;

  constructor(file: LeasedTransfer) {
    this.#file = file;
  }

  /** Bytes that came since the last time of asking. */
  takeCount(): number {
    const fetched = this.#fetched;
    this.#fetched = 0;
    return fetched;
  }

  async read(range: { first: number; last: number }): Promise<Uint8Array<ArrayBuffer>> {
    let isLate = false;
    const timeout = setTimeout(() => {
      isLate = true;
      this.#abort.abort();
    }, PART_TIMEOUT_MS);
    try {
      if (this.#open?.at !== range.first) await this.#begin(range);
      return await this.#take(range);
    } catch (cause) {
      await this.#close();
      if (!isLate) throw cause;
      const seconds = PART_TIMEOUT_MS / 1000;
      throw sourceUnreachable(`${this.#file.url} sent no part within ${seconds} s`, cause);
    } finally {
      clearTimeout(timeout);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #begin(range: { first: number; last: number }): Promise<void> {
    await this.#close();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const { url, bytes } = this.#file;
    const answer = await openSource(url, { signal, range, totalBytes: bytes });
    const { body, first, isWhole } = answer;
    this.#open = { reader: body.getReader(), at: first, endsAt: isWhole ? bytes : range.last + 1 };
    while (this.#open.at < range.first) {
      const skipped = await this.#chunk(range.first - this.#open.at);
      this.#open.at += skipped.length;
    }
  }

  async #take({ first, last }: { first: number; last: number }) {
    const part = new Uint8Array(last - first + 1);
    for (let done = 0; done < part.length;) {
      const chunk = await this.#chunk(part.length - done);
      part.set(chunk, done);
      done += chunk.length;
    }
    if (last + 1 === this.#file.bytes) await this.#expectEnd();
    if (this.#open && this.#open.endsAt > last + 1) this.#open.at = last + 1;
    else await this.#close();
    return part;
  }

  /** At most so many bytes of what comes next; what came beyond is kept. */
  async #chunk(bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#rest.length === 0) {
      const value = await this.#next();
      if (!value) throw sourceUnreachable(`${this.#file.url} ended before its time`);
      this.#rest = value;
    }
    const chunk = this.#rest.subarray(0, bytesMax);
    this.#rest = this.#rest.subarray(chunk.length);
    return chunk;
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const { value } = await this.#open?.reader.read() ?? {};
      this.#fetched += value?.length ?? 0;
      return value;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw sourceUnreachable(`${this.#file.url} broke off: ${why}`, cause);
    }
  }

  async #expectEnd(): Promise<void> {
    const isOver = this.#rest.length === 0 && !(await this.#next())?.length;
    if (isOver) return;
    const { url, bytes } = this.#file;
    throw sourceFault("image_source.file_differs", `${url} has more than its ${bytes} bytes`);
  }

  async #close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    this.#rest = new Uint8Array();
    await open?.reader.cancel().catch(() => {}); // whatever it was, it is over
  }
}

function pause(ms: number): Promise<void> {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();
}
