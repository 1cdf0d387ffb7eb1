import fc from "fast-check";
import { expect, test } from "vitest";
import { partBytesOf, partCount, partRange } from "./blob_parts.ts";

test("the parts of a file follow each other and make it up", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (bytes) => {
    const partBytes = partBytesOf(bytes);
    const file = { bytes, partBytes };
    const count = partCount(file);
    expect(partRange(file, count)).toBeUndefined();
    const seen = [0, 1, Math.floor(count / 2), count - 1].filter((n) => n >= 0 && n < count);
    for (const number of seen) {
      const range = partRange(file, number);
      expect(range?.first).toBe(number * partBytes);
      expect(range?.last).toBe(number === count - 1 ? bytes - 1 : (number + 1) * partBytes - 1);
    }
  }));
});

test.each([
  [1, 1],
  [500, 1],
  [501, 2],
  [100_000, 32],
])("a file of %i MiB comes in parts of %i MiB", (fileMib, partMib) => {
  expect(partBytesOf(fileMib * 1024 ** 2)).toBe(partMib * 1024 ** 2);
});

test("there is no part before the first, between two or behind the last", () => {
  for (const number of [-1, 0.5, 2, NaN]) {
    expect(partRange({ bytes: 20, partBytes: 10 }, number)).toBeUndefined();
  }
});
