import type { RegionContext } from "@/region/context.ts";

/** One JSON document a line: https://github.com/ndjson/ndjson-spec */
export const NDJSON = "application/x-ndjson";

/**
 * Slices of items as a body that is made as fast as it is read, a slice at a time.
 *
 * When a slice fails, the body ends in the middle of the transfer, so no reader takes it for whole.
 */
export function ndjsonBody(
  ctx: Pick<RegionContext, "log">,
  slices: AsyncGenerator<readonly unknown[]>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return textBody(ctx, slices, { head: "", toText: (item) => JSON.stringify(item) + "\n" });
}

/** The same in any form that has a text for each item, and one before them all. */
export function textBody<T>(
  ctx: Pick<RegionContext, "log">,
  slices: AsyncGenerator<readonly T[]>,
  { head, toText }: { readonly head: string; readonly toText: (item: T) => string },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let before = head;
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await slices.next();
        const text = before + (done ? "" : value.map(toText).join(""));
        before = "";
        if (text !== "") controller.enqueue(encoder.encode(text));
        if (done) controller.close();
      } catch (error) {
        ctx.log("export.failed", { reason: error instanceof Error ? error.message : `${error}` });
        controller.error(error);
      }
    },
    async cancel() {
      await slices.return(undefined);
    },
  }, { highWaterMark: 0 });
}

/** The same slices, each item changed. */
export async function* mapSlices<A, B>(
  slices: AsyncGenerator<readonly A[]>,
  change: (item: A) => B,
): AsyncGenerator<B[]> {
  for await (const slice of slices) yield slice.map(change);
}
