import { expect, test } from "vitest";
import { sameBytes } from "./same_bytes.ts";

test.each([
  [[1, 2, 3], [1, 2, 3], true],
  [[], [], true],
  [[1, 2, 3], [1, 2, 4], false],
  [[0, 2, 3], [1, 2, 3], false],
  [[1, 2], [1, 2, 0], false],
  [[1, 2, 0], [1, 2], false],
  [[0], [], false],
])("sameBytes(%j, %j) is %j", (a, b, expected) => {
  expect(sameBytes(Uint8Array.from(a), Uint8Array.from(b))).toBe(expected);
});
