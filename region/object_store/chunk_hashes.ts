import { createHash } from "node:crypto";

/** Of chunks that a file's verification goes by; small beside what a machine waits for. */
export const CHUNK_BYTES = 1024 ** 2;
const HASH_BYTES = 32;

/** Passes bytes on, and at their end knows the SHA-256 of each MiB of them. */
export class ChunkHashes {
  #hashes: Uint8Array[] = [];
  #hash = createHash("sha256");
  #bytes = 0;

  readonly stream = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform: (piece, controller) => {
      this.#add(piece);
      controller.enqueue(piece);
    },
  });

  /** One hash after the other, 32 bytes each. */
  list(): Uint8Array<ArrayBuffer> {
    const hashes = this.#bytes > 0 ? [...this.#hashes, this.#hash.copy().digest()] : this.#hashes;
    const list = new Uint8Array(hashes.length * HASH_BYTES);
    hashes.forEach((hash, i) => list.set(hash, i * HASH_BYTES));
    return list;
  }

  #add(piece: Uint8Array): void {
    for (let done = 0; done < piece.length;) {
      const some = piece.subarray(done, done + CHUNK_BYTES - this.#bytes);
      this.#hash.update(some);
      this.#bytes += some.length;
      done += some.length;
      if (this.#bytes < CHUNK_BYTES) return;
      this.#hashes.push(this.#hash.digest());
      this.#hash = createHash("sha256");
      this.#bytes = 0;
    }
  }
}
