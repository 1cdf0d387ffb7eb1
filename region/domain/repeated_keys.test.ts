import fc from "fast-check";
import { expect, test } from "vitest";
import { findRepeatedKey } from "./repeated_keys.ts";

test.each([
  ['{"products": {"a": 1, "b": {"x": 1, "y": 2}, "a": 2}}', "products.a"],
  ['{"a": [{"b": 1}, {"b": 1, "b": 2}]}', "a.[].b"],
  ['{"a": 1, "\\u0061": 2}', "a"],
  ['{"a": "b", "b": "a", "c": ["a", "b"]}', undefined],
  ['{"a": "{\\"a\\": 1}", "b": ":"}', undefined],
  ['{"a": {"a": {"a": 1}}}', undefined],
  ["[]", undefined],
])("in %s it finds %s", (json, expected) => {
  expect(findRepeatedKey(json)).toBe(expected);
});

test("nothing that was written from a value repeats a key", () => {
  fc.assert(fc.property(fc.json(), (json) => {
    const written = JSON.stringify(JSON.parse(json));
    expect(findRepeatedKey(written)).toBeUndefined();
  }));
});
