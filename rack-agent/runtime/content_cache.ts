import type { ContentFile } from "@/shared/contract/site_state.ts";
import type { ContentOrigin } from "@/shared/contract/facts.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { syncFolderOf } from "./atomic_file.ts";
import {
  DISK_FULL,
  dropUnproven,
  type Fetcher,
  fetchRest,
  isDiskFull,
  isMismatch,
  type Part,
  takePart,
} from "./content_part.ts";
import { checkChunkHashes, ContentVerifier } from "./content_verifier.ts";
import { noteOrigin } from "./cache_origins.ts";
import { readPins } from "./cache_pins.ts";
import { spareDiskBytes } from "./disk_space.ts";
import { evictions, type StoredFile } from "./cache_budget.ts";

const USE_NOTED_MS = 60_000;
/** Whoever waits for less than this gets all of it at once. */
const TOLD_FROM_BYTES = 64 * 1024;

export type { Fetcher };

/** Another origin than the region, which need not have anything and is believed no more. */
export interface Upstream {
  readonly fetcher: Fetcher;
  /** Whether to ask it for this file now. */
  isAsked(file: ContentFile): boolean;
  /** It did not give all of the file; the region is asked for the rest. Returns why, in words. */
  noteFailure(file: ContentFile, error: unknown): string;
}

/** How a file came. */
export interface Arrival {
  readonly durationMs: number;
  readonly origin: ContentOrigin;
  /** Why the upstream did not give all of it; absent: it did, or was not asked. */
  readonly upstreamProblem?: string;
}

/** What there is of a file, while it comes and when it is here. */
export type ContentProgress =
  | {
    readonly kind: "here";
    readonly path: string;
    readonly bytes: number;
    /** What may be passed on: less than `bytes` until the hash of the whole is known to be right. */
    readonly readyBytes: number;
  }
  | { readonly kind: "unavailable" };

export interface ContentCacheDeps {
  readonly folder: string;
  readonly fetcher: Fetcher;
  /** The list that `file.chunks` names. Absent: files are verified whole. */
  readonly fetchChunkHashes?: (file: ContentFile, signal: AbortSignal) => Promise<Uint8Array>;
  readonly onCached: (file: ContentFile, arrival: Arrival) => void;
  /** Asked first for files whose chunks can be verified. Absent: there is only `fetcher`. */
  readonly upstream?: Upstream;
  /** More than this is not kept, but for what is pinned; without it there is no limit. */
  readonly budgetBytes?: number;
  /** The disk is full: what is here goes on being served. */
  readonly onDiskFull?: (file: ContentFile, fault: { code: string; message: string }) => void;
  /** A file has left the cache. */
  readonly onEvicted?: (sha256: string) => void;
}

interface Fetching {
  readonly path: Promise<string>;
  readyBytes: number;
  readonly watchers: Set<(progress: ContentProgress) => void>;
}

/**
 * Files by the hash of their content, on disk.
 *
 * A file is fetched once however many ask for it, hashed while it streams, and gets its name only
 * when the hash is right: what has a name here is whole and true. What came of one before a restart or
 * a broken link stays beside it as `<sha256>.part`, and the next fetch goes on from there.
 */
export class ContentCache {
  readonly #deps: ContentCacheDeps;
  readonly #fetching = new Map<string, Fetching>();
  readonly #stopped = new AbortController();
  /** When a file was last asked for, ms since the epoch. */
  readonly #usedMs = new Map<string, number>();
  #pinned = new Set<string>();
  #originsNoted: Promise<unknown> = Promise.resolve();

  constructor(deps: ContentCacheDeps) {
    this.#deps = deps;
  }

  /** The path of a file that is here, or undefined. */
  async find(sha256: string): Promise<{ path: string; bytes: number } | undefined> {
    const path = `${this.#deps.folder}/${sha256}`;
    try {
      const { size } = await Deno.stat(path);
      await this.#noteUse(sha256, path);
      return { path, bytes: size };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** What whole files take up; `limitBytes`: absent, there is no limit but the disk. */
  async usage(): Promise<{ files: number; bytes: number; limitBytes?: number }> {
    const stored = await this.#stored();
    const limitBytes = this.#deps.budgetBytes;
    return { files: stored.length, bytes: sumBytes(stored), limitBytes };
  }

  /** The path of the file, fetched first if it is not here. */
  async ensure(file: ContentFile): Promise<string> {
    const here = await this.find(file.sha256);
    return here ? here.path : await this.#fetchOnce(file).path;
  }

  /**
   * Tells what there is of a file, now and as more of it comes, until it is whole or not to be had.
   * All who watch share one fetch.
   */
  async watch(file: ContentFile, tell: (progress: ContentProgress) => void): Promise<void> {
    const here = await this.find(file.sha256);
    const { bytes } = file;
    if (here) return tell({ kind: "here", path: here.path, bytes, readyBytes: bytes });
    const fetching = this.#fetchOnce(file);
    fetching.watchers.add(tell);
    // With nothing there yet it may still turn out that there is nothing to be had.
    if (fetching.readyBytes > 0) tell(this.#progress(file, fetching.readyBytes));
  }

  /** These stay, whatever the budget: what operations under way need. */
  pin(sha256s: Iterable<string>): void {
    this.#pinned = new Set(sha256s);
  }

  /** Whether a file that nobody asks for yet could be kept without another one going. */
  async hasRoomFor(file: ContentFile): Promise<boolean> {
    const stored = await this.#stored();
    return sumBytes(stored) + file.bytes <= await this.#limitBytes(stored);
  }

  /** Ends fetches under way; what they have so far stays for the next start. */
  stop(): void {
    this.#stopped.abort();
  }

  #fetchOnce(file: ContentFile): Fetching {
    const running = this.#fetching.get(file.sha256);
    if (running) return running;
    const watchers: Fetching["watchers"] = new Set();
    const path = this.#fetch(file, (readyBytes) => {
      // The part is about to get its name: who hears of it only then could look for it in vain.
      if (readyBytes < TOLD_FROM_BYTES && readyBytes < file.bytes) return;
      fetching.readyBytes = readyBytes;
      for (const tell of watchers) tell(this.#progress(file, readyBytes));
    });
    const fetching: Fetching = { path, readyBytes: 0, watchers };
    this.#fetching.set(file.sha256, fetching);
    const end = () => this.#fetching.delete(file.sha256);
    path.then(end, () => {
      end(); // before they are told: who comes now begins a fetch of their own
      for (const tell of watchers) tell({ kind: "unavailable" });
    });
    return fetching;
  }

  #progress({ sha256, bytes }: ContentFile, readyBytes: number): ContentProgress {
    const path = readyBytes < bytes ? this.#partPath(sha256) : `${this.#deps.folder}/${sha256}`;
    return { kind: "here", path, bytes, readyBytes };
  }

  #partPath(sha256: string): string {
    return `${this.#deps.folder}/${sha256}.part`;
  }

  async #fetch(file: ContentFile, onReady: (readyBytes: number) => void): Promise<string> {
    const startedMs = performance.now();
    const path = `${this.#deps.folder}/${file.sha256}`;
    const aside = this.#partPath(file.sha256);
    // Opened at once: who watches opens it as soon as it is told of.
    const disk = Deno.openSync(aside, { read: true, write: true, create: true, mode: 0o600 });
    let came;
    try {
      await this.#makeRoomFor(file, (await disk.stat()).size);
      came = await this.#complete(file, disk, onReady);
      await disk.sync();
    } catch (error) {
      const isUseless = (await disk.stat()).size === 0 || isDiskFull(error) ||
        isMismatch(error) && !file.chunks;
      if (isUseless) await Deno.remove(aside).catch(() => {});
      if (isDiskFull(error)) this.#deps.onDiskFull?.(file, noRoom(file));
      throw error;
    } finally {
      disk.close();
    }
    await Deno.rename(aside, path);
    await syncFolderOf(path);
    this.#usedMs.set(file.sha256, Date.now());
    this.#deps.onCached(file, { durationMs: performance.now() - startedMs, ...came });
    onReady(file.bytes);
    await this.#noteOrigin(file, came.origin);
    return path;
  }

  /** Fetches what is missing of a file, where possible from its upstream. */
  async #complete(
    file: ContentFile,
    disk: Deno.FsFile,
    onReady: (readyBytes: number) => void,
  ): Promise<Omit<Arrival, "durationMs">> {
    const { signal } = this.#stopped;
    const { upstream, fetcher } = this.#deps;
    const chunkHashes = await this.#chunkHashes(file);
    const verifier = new ContentVerifier(file, chunkHashes);
    const part: Part = { file, disk, verifier, onReady };
    await takePart(part);
    if (verifier.readyBytes > 0 && verifier.readyBytes < file.bytes) onReady(verifier.readyBytes);
    const fromByte = verifier.bytes;
    // Of a file that is only believed whole, wrong bytes would have been passed on by then.
    if (!upstream || !chunkHashes || !upstream.isAsked(file)) {
      await fetchRest(part, fetcher, signal);
      return { origin: "region" };
    }
    try {
      await fetchRest(part, upstream.fetcher, signal);
      return { origin: "upstream" };
    } catch (error) {
      if (isDiskFull(error) || signal.aborted) throw error;
      await dropUnproven(part);
      const upstreamProblem = upstream.noteFailure(file, error);
      const cameBytes = verifier.bytes - fromByte;
      const isWhole = verifier.bytes === file.bytes; // and then something came after its end
      await fetchRest(part, fetcher, signal);
      const origin = isWhole ? "upstream" : cameBytes > 0 ? "both" : "region";
      return { origin, upstreamProblem };
    }
  }

  /** For people only: on a disk that is full it may fail. */
  async #noteOrigin({ sha256 }: ContentFile, origin: ContentOrigin): Promise<void> {
    const note = () => noteOrigin(this.#deps.folder, sha256, origin).catch(() => {});
    await (this.#originsNoted = this.#originsNoted.then(note));
  }

  async #chunkHashes(file: ContentFile): Promise<Uint8Array | undefined> {
    const { fetchChunkHashes } = this.#deps;
    if (!file.chunks || !fetchChunkHashes) return undefined;
    const list = await fetchChunkHashes(file, this.#stopped.signal);
    checkChunkHashes(file, list);
    return list;
  }

  /** When it was last asked for survives a restart, to the minute. */
  async #noteUse(sha256: string, path: string): Promise<void> {
    const nowMs = Date.now();
    const beforeMs = this.#usedMs.get(sha256) ?? 0;
    this.#usedMs.set(sha256, nowMs);
    if (nowMs - beforeMs > USE_NOTED_MS) {
      const now = new Date(nowMs);
      await Deno.utime(path, now, now).catch(() => {}); // gone meanwhile: then nobody needs to know
    }
  }

  /**
   * Parts that nobody completes go first, then files unused for the longest. Throws as on a full disk
   * when what may go is not enough, before a byte is written.
   */
  async #makeRoomFor(file: ContentFile, partBytes: number): Promise<void> {
    const { folder } = this.#deps;
    const missingBytes = file.bytes - partBytes;
    const isRoom = async () => await spareDiskBytes(folder) >= missingBytes;
    if (!await isRoom()) await this.#dropIdleParts();
    await this.#evictFor(missingBytes);
    if (!await isRoom()) throw noRoom(file);
  }

  async #evictFor(missingBytes: number): Promise<void> {
    const stored = await this.#stored();
    const limitBytes = await this.#limitBytes(stored) - missingBytes;
    if (sumBytes(stored) <= limitBytes) return;
    const pinned = this.#pinned.union(await readPins(this.#deps.folder));
    for (const sha256 of evictions(stored, pinned, limitBytes)) {
      await Deno.remove(`${this.#deps.folder}/${sha256}`).catch(ignoreMissing);
      this.#usedMs.delete(sha256);
      this.#deps.onEvicted?.(sha256);
    }
  }

  async #dropIdleParts(): Promise<void> {
    for await (const { name } of Deno.readDir(this.#deps.folder)) {
      const [, sha256 = ""] = /^([0-9a-f]{64})\.part$/.exec(name) ?? [];
      if (sha256 === "" || this.#fetching.has(sha256)) continue;
      await Deno.remove(this.#partPath(sha256)).catch(ignoreMissing);
    }
  }

  /** What whole files may take up together: no more than was allowed, or than the disk has room for. */
  async #limitBytes(stored: readonly StoredFile[]): Promise<number> {
    const roomBytes = sumBytes(stored) + await spareDiskBytes(this.#deps.folder);
    return Math.min(this.#deps.budgetBytes ?? Infinity, roomBytes);
  }

  async #stored(): Promise<StoredFile[]> {
    const stored: StoredFile[] = [];
    for await (const { name } of Deno.readDir(this.#deps.folder)) {
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      const { size, mtime } = await Deno.stat(`${this.#deps.folder}/${name}`);
      const usedMs = this.#usedMs.get(name) ?? mtime?.getTime() ?? 0;
      stored.push({ sha256: name, bytes: size, usedMs });
    }
    return stored;
  }
}

function noRoom({ bytes }: ContentFile): DomainError {
  return new DomainError({
    kind: "unavailable",
    code: DISK_FULL,
    message:
      `the disk of the agent's host has no room for a file of ${bytes} bytes: make some, or ` +
      "free the cache (rackwright-agent cache evict)",
  });
}

/** A person may have evicted it. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

function sumBytes(stored: readonly StoredFile[]): number {
  return stored.reduce((sum, { bytes }) => sum + bytes, 0);
}
