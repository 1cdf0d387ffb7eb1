/**
 * A stream in parts that all have `partBytes` but the last, as multipart uploads want them. An empty
 * stream is one empty part. No more than one part is in memory at once.
 */
export async function* cutStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  partBytes: number,
): AsyncGenerator<{ part: Uint8Array<ArrayBuffer>; isLast: boolean }> {
  let part = new Uint8Array(partBytes);
  let filled = 0;
  for await (const chunk of stream) {
    for (let taken = 0; taken < chunk.length;) {
      // Sent only when more has come: so the last one is known to be the last.
      if (filled === partBytes) {
        yield { part, isLast: false };
        part = new Uint8Array(partBytes);
        filled = 0;
      }
      const piece = chunk.subarray(taken, taken + partBytes - filled);
      part.set(piece, filled);
      filled += piece.length;
      taken += piece.length;
    }
  }
  yield { part: part.subarray(0, filled), isLast: true };
}
