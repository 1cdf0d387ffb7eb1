/**
 * Replaces a file whole: after a crash it holds the old text or the new one, never a part.
 *
 * The folder is synced too, because a rename is only durable once its folder is.
 */
export async function writeFileAtomic(
  path: string,
  text: string,
  mode = 0o600,
): Promise<void> {
  const aside = `${path}.new`;
  const file = await Deno.open(aside, { write: true, create: true, truncate: true, mode });
  try {
    const bytes = new TextEncoder().encode(text);
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
    await file.sync();
  } finally {
    file.close();
  }
  await Deno.rename(aside, path);
  await syncFolderOf(path);
}

/** Makes renames and new names in the folder of `path` durable. */
export async function syncFolderOf(path: string): Promise<void> {
  const folder = await Deno.open(path.slice(0, path.lastIndexOf("/")) || "/", { read: true });
  try {
    await folder.sync();
  } finally {
    folder.close();
  }
}

/** The text of a file, or undefined when there is none. */
export async function readTextIfPresent(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
