import { DomainError } from "@/shared/errors/domain_error.ts";

/** The region's folder, held by this process alone. */
export interface DataFolder {
  readonly path: string;
  /** The text of a file of ours, or undefined. */
  read(name: string): Promise<string | undefined>;
  /** Replaces a file as a whole, readable by this account only. */
  writeSecret(name: string, text: string): Promise<void>;
  release(): void;
}

/**
 * Makes the folder when it is not there, and locks it; the kernel drops the lock with the process,
 * however it ends. Throws `unavailable` when it cannot be used or another region holds it.
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const lock = await openLock(path);
  if (!await lock.tryLock(true)) {
    lock.close();
    const holder = (await Deno.readTextFile(lockPath(path))).trim();
    throw fault(
      "data_folder.in_use",
      `${path} is in use by another region${holder ? ` (process ${holder})` : ""}; ` +
        "stop it, or set RACKWRIGHT_DATA to another folder",
    );
  }
  await lock.truncate();
  await lock.write(new TextEncoder().encode(`${Deno.pid}\n`));
  return {
    path,
    read: (name) => readText(`${path}/${name}`),
    writeSecret: (name, text) => writeSecretFile(`${path}/${name}`, text),
    release: () => lock.close(),
  };
}

/** Writes aside with mode 0600, syncs, renames: a reader never sees half, nor a wider mode. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  const aside = `${path}.new`;
  await Deno.remove(aside).catch(() => {});
  using file = await Deno.open(aside, { write: true, createNew: true, mode: 0o600 });
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += await file.write(bytes.subarray(sent));
  await file.sync();
  await Deno.rename(aside, path);
}

async function openLock(path: string): Promise<Deno.FsFile> {
  try {
    if (!await isFolder(path)) {
      await Deno.mkdir(path, { recursive: true });
      // The database's account must pass through; what is secret has a mode of its own.
      await Deno.chmod(path, 0o711);
    }
    return await Deno.open(lockPath(path), { read: true, write: true, create: true, mode: 0o600 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw fault("data_folder.not_writable", `cannot use ${path} for the region's data: ${why}`);
  }
}

function lockPath(folder: string): string {
  return `${folder}/region.lock`;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function fault(code: string, message: string): DomainError {
  return new DomainError({ kind: "unavailable", code, message });
}
