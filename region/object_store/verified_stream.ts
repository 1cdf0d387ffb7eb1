import { createHash } from "node:crypto";

/**
 * Passes bytes on and errors unless they are `expected` in number and SHA-256 (hex): a store that
 * reads through it drops what it got. `fault` makes the error from what was wrong, such as
 * `has 3 bytes, not 4`.
 */
export function verifiedStream(
  expected: { readonly sha256: string; readonly bytes: number },
  fault: (what: string) => Error,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  const hash = createHash("sha256");
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > expected.bytes) throw fault(`has more than its ${expected.bytes} bytes`);
      hash.update(chunk);
      controller.enqueue(chunk);
    },
    flush() {
      if (bytes !== expected.bytes) throw fault(`has ${bytes} bytes, not ${expected.bytes}`);
      const found = hash.digest("hex");
      if (found !== expected.sha256) throw fault(`hashes to ${found}, not ${expected.sha256}`);
    },
  });
}
