import { expect, test } from "vitest";
import { LeaseRing, makeLeaseRing } from "./lease_ring.ts";

function bothSides(ringBytes = 64) {
  const shared = makeLeaseRing(ringBytes);
  return { writer: new LeaseRing(shared), storer: new LeaseRing(shared) };
}

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

test("lines come out as they went in, across the end of the memory many times over", () => {
  const { writer, storer } = bothSides();
  let tail = storer.committed;
  for (let i = 0; i < 100; i++) {
    const line = `line ${i} ${"x".repeat(i % 40)}\n`;
    expect(writer.hasRoomFor(line.length)).toBe(true);
    const end = writer.write(line);
    writer.publish();
    const bytes = storer.next(tail);
    expect(text(bytes)).toBe(line);
    tail = (tail + (bytes?.length ?? 0)) | 0;
    expect(writer.committed).not.toBe(end);
    storer.commit(tail);
    expect(writer.committed).toBe(end);
  }
});

test("what is not on disk yet takes room", () => {
  const { writer, storer } = bothSides();
  writer.write("a".repeat(60));
  expect(writer.waitingBytes).toBe(60);
  expect(writer.hasRoomFor(4)).toBe(true);
  expect(writer.hasRoomFor(5)).toBe(false);
  writer.publish();
  storer.commit(writer.written);
  expect(writer.hasRoomFor(64)).toBe(true);
});

test("lines that were not published are not seen; those that were come before the end", () => {
  const { writer, storer } = bothSides();
  writer.write("one");
  writer.end();
  expect(text(storer.next(0))).toBe("one");
  expect(storer.next(3)).toBeUndefined();
});

test("after a failure only what was stored counts, and storing goes on from there", () => {
  const { writer, storer } = bothSides();
  writer.write("kept");
  writer.publish();
  storer.commit(4);
  writer.write("lost");
  writer.publish();
  storer.fail();
  expect(writer.isBroken).toBe(true);
  writer.reset();
  expect(storer.waitForReset()).toBe(true);
  expect(writer.waitingBytes).toBe(0);
  writer.write("again");
  writer.publish();
  expect(text(storer.next(4))).toBe("again");
});

test("the writing side learns that there is a store, or why there is none", () => {
  const { writer, storer } = bothSides();
  expect(() => writer.waitForStore(1)).toThrow("leases have no file after 1 ms");
  storer.openStore();
  expect(() => writer.waitForStore(1)).not.toThrow();
  const refused = bothSides();
  refused.storer.refuseStore("No space left on device (os error 28)");
  expect(() => refused.writer.waitForStore(1)).toThrow(/^No space left on device \(os error 28\)$/);
});

test("a writing side that is no more is ended for it; what it published is still stored", () => {
  const { writer, storer } = bothSides();
  writer.write("published\n");
  writer.publish();
  writer.write("not published\n");
  new LeaseRing(writer.shared).abandon();
  const bytes = storer.next(0);
  expect(text(bytes)).toBe("published\n");
  expect(storer.next(bytes?.length ?? 0)).toBeUndefined();
});
