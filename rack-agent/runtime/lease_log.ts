import { crc32 } from "node:zlib";
import { readTextIfPresent, writeFileAtomic } from "./atomic_file.ts";

/** Rewritten when it has grown past this, so that years of renewals do not pile up. */
const COMPACT_AFTER_BYTES = 16 * 1024 * 1024;

/** What a log held when it was read. */
export interface StoredRecords<T> {
  readonly records: readonly T[];
  /** Lines that are not records: a torn end after a crash, or a damaged disk. */
  readonly damagedLines: number;
}

/** Reads a log back; `parse` returns undefined for what it does not know. No file: no records. */
export async function readLeaseLog<T>(
  path: string,
  parse: (json: unknown) => T | undefined,
): Promise<StoredRecords<T>> {
  const lines = (await readTextIfPresent(path) ?? "").split("\n").filter((line) => line !== "");
  const records = lines.flatMap((line) => {
    const json = parseLine(line);
    return json === undefined ? [] : parse(json) ?? [];
  });
  return { records, damagedLines: lines.length - records.length };
}

/**
 * An append-only file of records, one a line, each with its CRC.
 *
 * A record that was appended is on disk: what came in while the last sync ran shares the next one.
 * One process writes it at a time.
 */
export class LeaseLog<T> {
  readonly #path: string;
  readonly #snapshot: () => readonly T[];
  readonly #compactAfterBytes: number;
  #file: Deno.FsFile | undefined;
  #fileBytes = 0;
  #batch: Batch | undefined;
  #writing: Promise<void> | undefined;

  private constructor(path: string, snapshot: () => readonly T[], compactAfterBytes: number) {
    this.#path = path;
    this.#snapshot = snapshot;
    this.#compactAfterBytes = compactAfterBytes;
  }

  /**
   * Starts a log that holds exactly the snapshot, in place of what was there: a torn end is gone.
   *
   * `snapshot` is called again whenever the file is compacted. It must contain everything appended
   * by then, and may contain what is appended twice.
   */
  static async start<T>(
    path: string,
    snapshot: () => readonly T[],
    compactAfterBytes = COMPACT_AFTER_BYTES,
  ): Promise<LeaseLog<T>> {
    const log = new LeaseLog(path, snapshot, compactAfterBytes);
    await log.#compact();
    return log;
  }

  /** Resolves when the record is durable; rejects when it may not be, and it must not be acted on. */
  append(record: T): Promise<void> {
    this.#batch ??= { lines: [], written: Promise.withResolvers() };
    this.#batch.lines.push(formatLine(record));
    const { promise } = this.#batch.written;
    this.#writing ??= this.#writeBatches();
    return promise;
  }

  /** Writes what is pending, then closes. Safe to call twice. */
  async close(): Promise<void> {
    await this.#writing;
    this.#file?.close();
    this.#file = undefined;
  }

  async #writeBatches(): Promise<void> {
    await Promise.resolve(); // whoever appends several records in one go gets one sync for them
    for (let batch = this.#takeBatch(); batch; batch = this.#takeBatch()) {
      try {
        await this.#write(batch.lines.join(""));
        batch.written.resolve();
      } catch (error) {
        batch.written.reject(error);
      }
    }
    this.#writing = undefined;
  }

  #takeBatch(): Batch | undefined {
    const batch = this.#batch;
    this.#batch = undefined;
    return batch;
  }

  async #write(text: string): Promise<void> {
    // After a failure the file may end in part of a line, which must not swallow the next record.
    if (!this.#file || this.#fileBytes > this.#compactAfterBytes) await this.#compact();
    const bytes = new TextEncoder().encode(text);
    try {
      for (let done = 0; done < bytes.length;) {
        done += await this.#file?.write(bytes.subarray(done)) ?? 0;
      }
      await this.#file?.syncData();
    } catch (error) {
      this.#file?.close();
      this.#file = undefined; // the next write begins with a fresh file
      throw error;
    }
    this.#fileBytes += bytes.length;
  }

  async #compact(): Promise<void> {
    const text = this.#snapshot().map(formatLine).join("");
    await writeFileAtomic(this.#path, text);
    this.#file?.close();
    this.#file = undefined;
    this.#file = await Deno.open(this.#path, { append: true });
    this.#fileBytes = 0; // counted from here, so that a large snapshot is not rewritten each time
  }
}

interface Batch {
  readonly lines: string[];
  readonly written: PromiseWithResolvers<void>;
}

function formatLine(record: unknown): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

function parseLine(line: string): unknown {
  const space = line.indexOf(" ");
  const json = line.slice(space + 1);
  if (line.slice(0, space) !== checksum(json)) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // a right CRC over something that is no record of ours
  }
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, "0");
}
