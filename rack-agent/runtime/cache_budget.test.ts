import { expect, test } from "vitest";
import { evictions } from "./cache_budget.ts";

const stored = [
  { sha256: "new", bytes: 30, usedMs: 300 },
  { sha256: "old", bytes: 10, usedMs: 100 },
  { sha256: "middle", bytes: 20, usedMs: 200 },
];

test("nothing goes while everything fits", () => {
  expect(evictions(stored, new Set(), 60)).toEqual([]);
});

test("the longest unused go first, no more than needed", () => {
  expect(evictions(stored, new Set(), 59)).toEqual(["old"]);
  expect(evictions(stored, new Set(), 45)).toEqual(["old", "middle"]);
});

test("what is pinned stays, even if the rest does not fit", () => {
  expect(evictions(stored, new Set(["old"]), 59)).toEqual(["middle"]);
  expect(evictions(stored, new Set(["old", "middle", "new"]), 0)).toEqual([]);
});
