import { syncFolderOf } from "./atomic_file.ts";

/** Bulk bytes that wait to be sent to the region, by the hash of their content. */
export class Outbox {
  constructor(private readonly folder: string) {}

  /** Stores bytes durably; the same content twice is one file. */
  async put(sha256: string, bytes: Uint8Array): Promise<void> {
    const path = `${this.folder}/${sha256}`;
    const file = await Deno.open(`${path}.new`, {
      write: true,
      create: true,
      truncate: true,
      mode: 0o600,
    });
    try {
      for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(`${path}.new`, path);
    await syncFolderOf(path);
  }

  /** The bytes, or undefined when they were sent already. */
  async get(sha256: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return await Deno.readFile(`${this.folder}/${sha256}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Forgets what the region has. */
  async delete(sha256: string): Promise<void> {
    await Deno.remove(`${this.folder}/${sha256}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
