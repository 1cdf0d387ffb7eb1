import { expect, test } from "vitest";
import { storable } from "./storable.ts";

test("storable() leaves ordinary JSON as it is", () => {
  const value = { a: [1, true, null, "ä😀"], b: { c: -1.5 } };
  expect(storable(value)).toEqual(value);
});

test("storable() replaces NUL and half surrogate pairs, in keys too", () => {
  expect(storable({ "k\u0000": ["a\u0000b", "\ud83d", "\ude00x"] }))
    .toEqual({ "k\ufffd": ["a\ufffdb", "\ufffd", "\ufffdx"] });
});

test("storable() cuts what is nested too deep, however deep", () => {
  const deep = JSON.parse("[".repeat(5000) + "]".repeat(5000));
  expect(JSON.stringify(storable(deep))).toBe("[".repeat(32) + "null" + "]".repeat(32));
});
