/** Passes on what comes after the first `count` bytes: for who asked for a range and got all. */
export function skipBytes(
  count: number,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = count;
  return new TransformStream({
    transform(piece, controller) {
      const rest = piece.subarray(left);
      left = Math.max(0, left - piece.length);
      if (rest.length > 0) controller.enqueue(rest);
    },
  });
}
