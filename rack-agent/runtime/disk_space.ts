import { statfs } from "node:fs/promises";

/** Bytes that this process may still write below a folder; rejects when the folder is not there. */
export async function freeDiskBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
