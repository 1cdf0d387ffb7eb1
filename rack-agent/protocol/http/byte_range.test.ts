import { expect, test } from "vitest";
import { parseByteRange } from "./byte_range.ts";

// RFC 9110 §14.1.2 has the first four; the file has 10,000 bytes there too.
test.each<[string, ReturnType<typeof parseByteRange>]>([
  ["bytes=0-499", { first: 0, last: 499 }],
  ["bytes=500-999", { first: 500, last: 999 }],
  ["bytes=-500", { first: 9500, last: 9999 }],
  ["bytes=9500-", { first: 9500, last: 9999 }],
  ["bytes=0-99999", { first: 0, last: 9999 }],
  ["bytes=-99999", { first: 0, last: 9999 }],
  ["bytes=10000-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=5-4", undefined],
  ["bytes=0-1,3-4", undefined],
  ["bytes=-", undefined],
  ["lines=0-1", undefined],
  ["bytes=a-b", undefined],
])("%s of 10000 bytes", (header, range) => {
  expect(parseByteRange(header, 10_000)).toEqual(range);
});

test("an empty file satisfies no range, and no header asks for everything", () => {
  expect(parseByteRange("bytes=0-0", 0)).toBe("unsatisfiable");
  expect(parseByteRange("bytes=-1", 0)).toBe("unsatisfiable");
  expect(parseByteRange(null, 10)).toBeUndefined();
});
