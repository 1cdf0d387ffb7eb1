import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { CHUNK_BYTES, ChunkHashes } from "./chunk_hashes.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test.each([0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES + 5])(
  "%i bytes are hashed MiB by MiB, however they come",
  async (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) >> 3 & 255);
    const pieces = function* () {
      for (let at = 0; at < length; at += 300_001) yield bytes.slice(at, at + 300_001);
    };
    const hashes = new ChunkHashes();
    const through = ReadableStream.from(pieces()).pipeThrough(hashes.stream);
    expect(new Uint8Array(await new Response(through).arrayBuffer())).toEqual(bytes);
    const expected = [];
    for (let at = 0; at < length; at += CHUNK_BYTES) {
      expected.push(sha256(bytes.subarray(at, at + CHUNK_BYTES)));
    }
    const list = hashes.list();
    const found = expected.map((_, i) => list.slice(i * 32, i * 32 + 32).toHex());
    expect([list.length, found]).toEqual([expected.length * 32, expected]);
  },
);
