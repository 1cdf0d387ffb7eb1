import { createHash } from "node:crypto";
import { checkObjectName } from "./object_name_check.ts";
import {
  type ByteRange,
  type ListedObject,
  type ObjectInfo,
  OBJECTS_PER_LIST_MAX,
  type ObjectStore,
  type PutCondition,
  type StoredObject,
} from "./object_store.ts";

const CHUNK_BYTES = 256 * 1024;
const REMEMBERED_ETAGS_MAX = 10_000;
/** Begins with a dot, which no object's name may. */
const INCOMING = ".incoming";

/**
 * Opens a folder as an object store; makes it when it is not there.
 *
 * One process at a time: compare-and-set holds by locks in this process. What an earlier process
 * left half written is removed.
 */
export async function openFolderStore(folder: string): Promise<ObjectStore> {
  await Deno.remove(`${folder}/${INCOMING}`, { recursive: true }).catch(ignoreMissing);
  await Deno.mkdir(`${folder}/${INCOMING}`, { recursive: true });
  return new FolderStore(folder);
}

class FolderStore implements ObjectStore {
  readonly #folder: string;
  readonly #locks = new Map<string, Promise<unknown>>();
  readonly #etags = new Map<string, Remembered>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(name: string, range?: ByteRange): Promise<StoredObject | undefined> {
    checkObjectName(name);
    const opened = await this.#locked(name, () => this.#open(name));
    if (!opened) return undefined;
    const { file, info } = opened;
    const first = Math.min(range?.first ?? 0, info.bytes);
    const last = Math.min(range?.last ?? info.bytes - 1, info.bytes - 1);
    if (first > 0) await file.seek(first, Deno.SeekMode.Start);
    return { ...info, body: readPart(file, last - first + 1) };
  }

  async getUnlessEtag(
    name: string,
    etag: string,
  ): Promise<StoredObject | "unchanged" | undefined> {
    const object = await this.get(name);
    if (object?.etag !== etag) return object;
    await object.body.cancel();
    return "unchanged";
  }

  async list(prefix: string, after = ""): Promise<ListedObject[]> {
    const names: string[] = [];
    for await (const name of namesBelow(this.#folder, prefix)) if (name > after) names.push(name);
    const listed: ListedObject[] = [];
    for (const name of names.sort().slice(0, OBJECTS_PER_LIST_MAX)) {
      const found = await Deno.stat(this.#path(name)).catch(ignoreMissing);
      if (found) listed.push({ name, bytes: found.size });
    }
    return listed;
  }

  async head(name: string): Promise<ObjectInfo | undefined> {
    checkObjectName(name);
    return await this.#locked(name, () => this.#head(name));
  }

  async put(
    name: string,
    body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>,
    condition: PutCondition = {},
  ): Promise<ObjectInfo | undefined> {
    checkObjectName(name);
    const aside = `${this.#folder}/${INCOMING}/${crypto.randomUUID()}`;
    try {
      const info = await writeAside(aside, body);
      return await this.#locked(name, async () => {
        if (!await this.#holds(name, condition)) return undefined;
        await this.#moveIn(aside, name, info);
        return info;
      });
    } finally {
      await Deno.remove(aside).catch(ignoreMissing); // gone already when it was moved in
    }
  }

  async delete(name: string): Promise<void> {
    checkObjectName(name);
    await this.#locked(name, async () => {
      this.#etags.delete(name);
      const path = this.#path(name);
      const removed = await Deno.remove(path).then(() => true, ignoreMissing);
      if (removed) await syncFolder(parentOf(path));
    });
  }

  async #holds(name: string, condition: PutCondition): Promise<boolean> {
    if (condition.ifEtag === undefined && !condition.ifAbsent) return true;
    const current = await this.#head(name);
    if (condition.ifAbsent && current) return false;
    return condition.ifEtag === undefined || current?.etag === condition.ifEtag;
  }

  async #moveIn(aside: string, name: string, info: ObjectInfo): Promise<void> {
    const path = this.#path(name);
    await makeFolders(this.#folder, name);
    await Deno.rename(aside, path);
    await syncFolder(parentOf(path));
    const { mtime } = await Deno.stat(path);
    this.#remember(name, { ...info, mtimeMs: mtime?.getTime() });
  }

  async #head(name: string): Promise<ObjectInfo | undefined> {
    const opened = await this.#open(name);
    opened?.file.close();
    return opened?.info;
  }

  /** Called under the name's lock, so that file and etag are of the same version. */
  async #open(name: string): Promise<{ file: Deno.FsFile; info: ObjectInfo } | undefined> {
    const file = await Deno.open(this.#path(name)).catch(ignoreMissing);
    if (!file) return undefined;
    try {
      const { size, mtime, isFile } = await file.stat();
      if (!isFile) {
        file.close();
        return undefined;
      }
      const known = this.#etags.get(name);
      const mtimeMs = mtime?.getTime();
      if (known && known.bytes === size && known.mtimeMs === mtimeMs) {
        return { file, info: { etag: known.etag, bytes: size } };
      }
      const etag = await hashOf(file);
      await file.seek(0, Deno.SeekMode.Start);
      this.#remember(name, { etag, bytes: size, mtimeMs });
      return { file, info: { etag, bytes: size } };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #remember(name: string, what: Remembered): void {
    this.#etags.delete(name);
    this.#etags.set(name, what);
    const oldest = this.#etags.keys().next().value;
    if (this.#etags.size > REMEMBERED_ETAGS_MAX && oldest !== undefined) this.#etags.delete(oldest);
  }

  #path(name: string): string {
    return `${this.#folder}/${name}`;
  }

  /** One at a time per name, in the order of asking. */
  async #locked<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#locks.get(name) ?? Promise.resolve();
    const result = before.then(work);
    const settled = result.catch(() => {}); // the caller hears of it; the next in line need not
    this.#locks.set(name, settled);
    try {
      return await result;
    } finally {
      if (this.#locks.get(name) === settled) this.#locks.delete(name);
    }
  }
}

/** The etag of a file as it was; size and time tell whether somebody replaced it by hand. */
interface Remembered extends ObjectInfo {
  readonly mtimeMs: number | undefined;
}

/** Writes and syncs a new file; on an error the caller removes it. */
async function writeAside(
  path: string,
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<ObjectInfo> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  const hash = createHash("sha256");
  let bytes = 0;
  const chunks = body instanceof Uint8Array ? [body] : body;
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
    for (let done = 0; done < chunk.length;) done += await file.write(chunk.subarray(done));
  }
  await file.sync();
  return { etag: hash.digest("hex"), bytes };
}

/** Makes the folders of a name, each durable in its parent before something is put into it. */
async function makeFolders(root: string, name: string): Promise<void> {
  let folder = root;
  for (const part of name.split("/").slice(0, -1)) {
    const child = `${folder}/${part}`;
    const made = await Deno.mkdir(child).then(() => true, (error) => {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      throw error;
    });
    if (made) await syncFolder(folder);
    folder = child;
  }
}

/** A rename is only durable once its folder is. */
async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}

async function hashOf(file: Deno.FsFile): Promise<string> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    hash.update(buffer.subarray(0, read));
  }
  return hash.digest("hex");
}

/** Reads `bytes` from where the file stands, then closes it; also when the reader gives up. */
function readPart(file: Deno.FsFile, bytes: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = bytes;
  return new ReadableStream({
    async pull(controller) {
      const buffer = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(left, 0)));
      const read = left > 0 ? await file.read(buffer) : null;
      if (read === null) {
        file.close();
        controller.close();
        return;
      }
      left -= read;
      controller.enqueue(buffer.subarray(0, read));
    },
    cancel() {
      file.close();
    },
  }, { highWaterMark: 0 });
}

/** Names of objects that begin so; folders that cannot hold one are not entered. */
async function* namesBelow(root: string, prefix: string, folder = ""): AsyncGenerator<string> {
  const path = folder === "" ? root : `${root}/${folder}`;
  const entries = await Array.fromAsync(Deno.readDir(path)).catch(ignoreMissing) ?? [];
  for (const { name: part, isDirectory } of entries) {
    if (part === INCOMING) continue;
    const name = `${folder}${part}`;
    if (!isDirectory) {
      if (name.startsWith(prefix)) yield name;
    } else if (prefix.startsWith(`${name}/`) || `${name}/`.startsWith(prefix)) {
      yield* namesBelow(root, prefix, `${name}/`);
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** A name below another object's name finds "not a directory": there is no such object either. */
function ignoreMissing(error: unknown): undefined {
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
    return undefined;
  }
  throw error;
}
