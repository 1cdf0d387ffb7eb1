import { createHash } from "node:crypto";
import type { ContentFile } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { syncFolderOf } from "./atomic_file.ts";
import { evictions, type StoredFile } from "./cache_budget.ts";

/** Where bytes come from that are not here yet. */
export type Fetcher = (
  file: ContentFile,
  signal: AbortSignal,
) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;

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
  readonly onCached: (file: ContentFile, durationMs: number) => void;
  /** More than this is not kept, but for what is pinned; without it there is no limit. */
  readonly budgetBytes?: number;
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
 * when the hash is right: what has a name here is whole and true.
 */
export class ContentCache {
  readonly #deps: ContentCacheDeps;
  readonly #fetching = new Map<string, Fetching>();
  readonly #stopped = new AbortController();
  /** When a file was last asked for, ms since the epoch. */
  readonly #usedMs = new Map<string, number>();
  #pinned: ReadonlySet<string> = new Set();

  constructor(deps: ContentCacheDeps) {
    this.#deps = deps;
  }

  /** The path of a file that is here, or undefined. */
  async find(sha256: string): Promise<{ path: string; bytes: number } | undefined> {
    const path = `${this.#deps.folder}/${sha256}`;
    try {
      const { size } = await Deno.stat(path);
      this.#usedMs.set(sha256, Date.now());
      return { path, bytes: size };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
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
    if (this.#deps.budgetBytes === undefined) return true;
    const stored = await this.#stored();
    const usedBytes = stored.reduce((sum, { bytes }) => sum + bytes, 0);
    return usedBytes + file.bytes <= this.#deps.budgetBytes;
  }

  /** Ends fetches under way; what they have so far is thrown away. */
  stop(): void {
    this.#stopped.abort();
  }

  #fetchOnce(file: ContentFile): Fetching {
    const running = this.#fetching.get(file.sha256);
    if (running) return running;
    const watchers: Fetching["watchers"] = new Set();
    const path = this.#fetch(file, (readyBytes) => {
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
    return { kind: "here", path: this.#partPath(sha256), bytes, readyBytes };
  }

  #partPath(sha256: string): string {
    return `${this.#deps.folder}/${sha256}.part`;
  }

  async #fetch(file: ContentFile, onReady: (readyBytes: number) => void): Promise<string> {
    const startedMs = performance.now();
    const path = `${this.#deps.folder}/${file.sha256}`;
    const aside = this.#partPath(file.sha256);
    // Opened at once: who watches opens it as soon as it is told of.
    const out = Deno.openSync(aside, { write: true, create: true, truncate: true, mode: 0o600 });
    try {
      await this.#makeRoomFor(file);
      const stream = await this.#deps.fetcher(file, this.#stopped.signal);
      await copyVerified(stream, out, file, onReady);
      await out.sync();
    } catch (error) {
      await Deno.remove(aside).catch(() => {});
      throw error;
    } finally {
      out.close();
    }
    await Deno.rename(aside, path);
    await syncFolderOf(path);
    this.#usedMs.set(file.sha256, Date.now());
    this.#deps.onCached(file, performance.now() - startedMs);
    onReady(file.bytes);
    return path;
  }

  /** Those unused for the longest go first. */
  async #makeRoomFor(file: ContentFile): Promise<void> {
    if (this.#deps.budgetBytes === undefined) return;
    const budgetBytes = this.#deps.budgetBytes - file.bytes;
    for (const sha256 of evictions(await this.#stored(), this.#pinned, budgetBytes)) {
      await Deno.remove(`${this.#deps.folder}/${sha256}`);
      this.#usedMs.delete(sha256);
      this.#deps.onEvicted?.(sha256);
    }
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

/** Copies until the end; throws `content.mismatch` as soon as it is known that the bytes are wrong. */
async function copyVerified(
  from: ReadableStream<Uint8Array<ArrayBuffer>>,
  to: Deno.FsFile,
  file: ContentFile,
  onReady: (readyBytes: number) => void,
): Promise<void> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of from) {
    bytes += chunk.length;
    if (bytes > file.bytes) throw mismatch(file, `more than ${file.bytes} bytes came`);
    hash.update(chunk);
    for (let done = 0; done < chunk.length;) done += await to.write(chunk.subarray(done));
    // The last byte is held back: without it nobody takes what they have for the file.
    onReady(Math.min(bytes, file.bytes - 1));
  }
  const sha256 = hash.digest("hex");
  if (bytes !== file.bytes) throw mismatch(file, `${bytes} bytes came, not ${file.bytes}`);
  if (sha256 !== file.sha256) throw mismatch(file, `its hash is ${sha256}`);
}

function mismatch(file: ContentFile, why: string): DomainError {
  return new DomainError({
    kind: "unavailable",
    code: "content.mismatch",
    message: `the region sent wrong bytes for ${file.sha256}: ${why}`,
  });
}
