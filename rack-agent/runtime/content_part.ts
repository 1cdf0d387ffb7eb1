import type { ContentFile } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { ContentVerifier } from "./content_verifier.ts";

const READ_BYTES = 256 * 1024;

/** Where bytes come from that are not here yet: those of the file from `fromByte` on. */
export type Fetcher = (
  file: ContentFile,
  signal: AbortSignal,
  fromByte: number,
) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;

/** A file on its way to the disk. */
export interface Part {
  readonly file: ContentFile;
  /** Beyond `verifier.bytes` it holds nothing, and that is where it stands. */
  readonly disk: Deno.FsFile;
  readonly verifier: ContentVerifier;
  /** More of it may be passed on. */
  readonly onReady: (readyBytes: number) => void;
}

/** Takes in what is there of a file already; from the first byte that is not right on it is dropped. */
export async function takePart({ file, disk, verifier }: Part): Promise<void> {
  const buffer = new Uint8Array(READ_BYTES);
  try {
    for (let read = await disk.read(buffer); read !== null; read = await disk.read(buffer)) {
      verifier.take(buffer.subarray(0, read));
    }
  } catch (error) {
    if (!isMismatch(error)) throw error;
    verifier.rewind();
  }
  // Of bytes that are not known to be right nobody can tell which of them are wrong.
  if (file.chunks && verifier.bytes > verifier.provenBytes) verifier.rewind();
  await cutAt(disk, verifier.bytes);
}

/** Fetches what is missing; a link that breaks off after some bytes is taken up at once. */
export async function fetchRest(part: Part, fetcher: Fetcher, signal: AbortSignal): Promise<void> {
  const { file, verifier } = part;
  while (verifier.bytes < file.bytes) {
    const fromByte = verifier.bytes;
    try {
      await copy(await fetcher(file, signal, fromByte), part);
    } catch (error) {
      if (isMismatch(error)) await dropUnproven(part);
      const isHopeless = isMismatch(error) || isDiskFull(error) || signal.aborted;
      if (isHopeless || verifier.bytes <= fromByte) throw error;
    }
    if (verifier.bytes === fromByte) throw new Error(`nothing more came of ${file.sha256}`);
  }
}

/** Forgets what is not known to be right, so that it can come again from elsewhere. */
export async function dropUnproven({ disk, verifier }: Part): Promise<void> {
  verifier.rewind();
  await cutAt(disk, verifier.bytes);
}

/** Wrong bytes came, or were there. */
export function isMismatch(error: unknown): boolean {
  return error instanceof DomainError && error.code === "content.mismatch";
}

/** Of the error that says that there is no room for a file. */
export const DISK_FULL = "content.disk_full";

/** The disk, or what this user or the cache may have of it. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    [DISK_FULL, "ENOSPC", "EDQUOT"].some((code) => code === error.code);
}

async function copy(
  from: ReadableStream<Uint8Array<ArrayBuffer>>,
  { file, disk, verifier, onReady }: Part,
): Promise<void> {
  let toldBytes = verifier.readyBytes;
  for await (const piece of from) {
    // Written first: what is said to be ready is read by others at once.
    for (let done = 0; done < piece.length;) done += await disk.write(piece.subarray(done));
    verifier.take(piece);
    const isNews = verifier.readyBytes > toldBytes && verifier.readyBytes < file.bytes;
    if (isNews) onReady(toldBytes = verifier.readyBytes);
  }
}

async function cutAt(disk: Deno.FsFile, bytes: number): Promise<void> {
  await disk.truncate(bytes);
  await disk.seek(bytes, Deno.SeekMode.Start);
}
