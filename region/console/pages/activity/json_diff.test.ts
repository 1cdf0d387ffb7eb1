import { expect, test } from "vitest";
import { diffJson } from "./json_diff.ts";

test("only what differs is told, deep fields by their path", () => {
  const before = { name: "a", role: "viewer", power: { kind: "ipmi", port: 623 }, version: 3 };
  const after = { name: "a", role: "admin", power: { kind: "ipmi", port: 664 }, version: 4 };
  expect(diffJson(before, after)).toEqual([
    { path: "power.port", before: "623", after: "664" },
    { path: "role", before: "viewer", after: "admin" },
  ]);
});

test("what was made has no before, and what was removed no after", () => {
  expect(diffJson(null, { tags: ["a", "b"], note: null })).toEqual([
    { path: "note", before: undefined, after: "null" },
    { path: "tags", before: undefined, after: "a, b" },
  ]);
  expect(diffJson({ id: 7 }, null)).toEqual([{ path: "id", before: "7", after: undefined }]);
});

test("lists of objects are taken apart, lists of words are one value", () => {
  const before = { routes: [{ to: "x" }], dns: ["1.1.1.1"] };
  const after = { routes: [{ to: "y" }], dns: [] };
  expect(diffJson(before, after)).toEqual([
    { path: "dns", before: "1.1.1.1", after: "[]" },
    { path: "routes[0].to", before: "x", after: "y" },
  ]);
});
