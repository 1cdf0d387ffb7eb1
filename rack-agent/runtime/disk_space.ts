import { statfs } from "node:fs/promises";

/** What big files leave free: a journal and a log of leases that cannot be written stop a site. */
const KEPT_BYTES_MAX = 512 * 1024 ** 2;
const KEPT_SHARE = 1 / 20;

/** Bytes that this process may still write below a folder; rejects when the folder is not there. */
export async function freeDiskBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** The same for files that are nice to have: of each disk a little is kept for what has to be. */
export async function spareDiskBytes(folder: string): Promise<number> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return bavail * bsize - Math.min(KEPT_BYTES_MAX, Math.ceil(blocks * bsize * KEPT_SHARE));
}
