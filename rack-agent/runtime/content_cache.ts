import { createHash } from "node:crypto";
import type { ContentFile } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { syncFolderOf } from "./atomic_file.ts";

/** Where bytes come from that are not here yet. */
export type Fetcher = (
  file: ContentFile,
  signal: AbortSignal,
) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;

/**
 * Files by the hash of their content, on disk.
 *
 * A file is fetched once however many ask for it, hashed while it streams, and gets its name only
 * when the hash is right: what has a name here is whole and true.
 */
export class ContentCache {
  readonly #folder: string;
  readonly #fetcher: Fetcher;
  readonly #onCached: (file: ContentFile, durationMs: number) => void;
  readonly #fetching = new Map<string, Promise<string>>();
  readonly #stopped = new AbortController();

  constructor(deps: {
    folder: string;
    fetcher: Fetcher;
    onCached: (file: ContentFile, durationMs: number) => void;
  }) {
    this.#folder = deps.folder;
    this.#fetcher = deps.fetcher;
    this.#onCached = deps.onCached;
  }

  /** The path of a file that is here, or undefined. */
  async find(sha256: string): Promise<{ path: string; bytes: number } | undefined> {
    const path = `${this.#folder}/${sha256}`;
    try {
      return { path, bytes: (await Deno.stat(path)).size };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** The path of the file, fetched first if it is not here. */
  async ensure(file: ContentFile): Promise<string> {
    const here = await this.find(file.sha256);
    if (here) return here.path;
    const running = this.#fetching.get(file.sha256);
    if (running) return await running;
    const fetching = this.#fetch(file).finally(() => this.#fetching.delete(file.sha256));
    this.#fetching.set(file.sha256, fetching);
    return await fetching;
  }

  /** Ends fetches under way; what they have so far is thrown away. */
  stop(): void {
    this.#stopped.abort();
  }

  async #fetch(file: ContentFile): Promise<string> {
    const startedMs = performance.now();
    const path = `${this.#folder}/${file.sha256}`;
    const aside = `${path}.part`;
    const out = await Deno.open(aside, { write: true, create: true, truncate: true, mode: 0o600 });
    try {
      await copyVerified(await this.#fetcher(file, this.#stopped.signal), out, file);
      await out.sync();
    } catch (error) {
      await Deno.remove(aside).catch(() => {});
      throw error;
    } finally {
      out.close();
    }
    await Deno.rename(aside, path);
    await syncFolderOf(path);
    this.#onCached(file, performance.now() - startedMs);
    return path;
  }
}

/** Copies until the end; throws `content.mismatch` as soon as it is known that the bytes are wrong. */
async function copyVerified(
  from: ReadableStream<Uint8Array<ArrayBuffer>>,
  to: Deno.FsFile,
  file: ContentFile,
): Promise<void> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of from) {
    bytes += chunk.length;
    if (bytes > file.bytes) throw mismatch(file, `more than ${file.bytes} bytes came`);
    hash.update(chunk);
    for (let done = 0; done < chunk.length;) done += await to.write(chunk.subarray(done));
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
