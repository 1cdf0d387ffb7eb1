import { createHash, type Hash } from "node:crypto";
import type { ContentFile } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

const HASH_BYTES = 32;

/**
 * Follows the bytes of a file as they come, and says up to where they are known to be right: chunk by
 * chunk where the hashes of its chunks are known, else only at the end.
 *
 * Throws `content.mismatch` as soon as bytes are known to be wrong.
 */
export class ContentVerifier {
  readonly #file: ContentFile;
  readonly #chunkHashes: Uint8Array | undefined;
  #hash: Hash = createHash("sha256");
  #bytes = 0;
  #provenBytes = 0;

  /** `chunkHashes`: the list that `file.chunks` names; `checkChunkHashes` has looked at it. */
  constructor(file: ContentFile, chunkHashes: Uint8Array | undefined) {
    this.#file = file;
    this.#chunkHashes = file.chunks && chunkHashes;
  }

  /** Bytes taken so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** From the beginning, those that are known to be right. */
  get provenBytes(): number {
    return this.#provenBytes;
  }

  /** What may be passed on: without chunks the last byte is held back until all is known to be right. */
  get readyBytes(): number {
    if (this.#chunkHashes) return this.#provenBytes;
    return this.#provenBytes > 0 ? this.#provenBytes : Math.min(this.#bytes, this.#file.bytes - 1);
  }

  take(piece: Uint8Array): void {
    const { bytes } = this.#file;
    if (this.#bytes + piece.length > bytes) {
      throw mismatch(this.#file, `more than ${bytes} bytes came`);
    }
    const chunkBytes = this.#chunkHashes ? this.#file.chunks?.bytes ?? bytes : bytes;
    for (let done = 0; done < piece.length;) {
      const endsAt = Math.min(bytes, (Math.floor(this.#bytes / chunkBytes) + 1) * chunkBytes);
      const some = piece.subarray(done, done + endsAt - this.#bytes);
      this.#hash.update(some);
      this.#bytes += some.length;
      done += some.length;
      if (this.#bytes === endsAt) this.#endChunk(endsAt, chunkBytes);
    }
  }

  /** Begins again behind what is known to be right: what came after it is forgotten. */
  rewind(): void {
    this.#bytes = this.#provenBytes;
    this.#hash = createHash("sha256");
  }

  #endChunk(endsAt: number, chunkBytes: number): void {
    const found = this.#hash.digest();
    this.#hash = createHash("sha256");
    const number = Math.ceil(endsAt / chunkBytes) - 1;
    const list = this.#chunkHashes;
    const wanted = list
      ? list.subarray(number * HASH_BYTES, (number + 1) * HASH_BYTES).toHex()
      : this.#file.sha256;
    if (found.toString("hex") !== wanted) {
      const where = list ? `chunk ${number} of ${chunkBytes} bytes` : "it";
      throw mismatch(this.#file, `${where} hashes to ${found.toString("hex")}`);
    }
    this.#provenBytes = endsAt;
  }
}

/** Throws `content.mismatch` unless this is the list of hashes that the file's description names. */
export function checkChunkHashes(file: ContentFile, list: Uint8Array): void {
  const { chunks } = file;
  const sha256 = createHash("sha256").update(list).digest("hex");
  const count = chunks ? Math.ceil(file.bytes / chunks.bytes) : 0;
  if (sha256 === chunks?.sha256 && list.length === count * HASH_BYTES) return;
  throw mismatch(file, `the list of its chunks hashes to ${sha256}`);
}

function mismatch(file: ContentFile, why: string): DomainError {
  return new DomainError({
    kind: "unavailable",
    code: "content.mismatch",
    message: `wrong bytes came for ${file.sha256}: ${why}`,
  });
}
