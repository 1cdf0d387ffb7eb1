import { expect, test } from "vitest";
import { sumChanges } from "./lease_history.ts";

test("changes add up, whatever their order, and later ones are not seen", () => {
  const changes = [
    { point: 3, change: -2 },
    { point: 0, change: 4 },
    { point: 3, change: 1 },
    { point: 5, change: 9 },
  ];
  expect(sumChanges(changes, 5)).toEqual([4, 4, 4, 3, 3]);
});

test("a subnet without leases had none at any time", () => {
  expect(sumChanges([], 3)).toEqual([0, 0, 0]);
});
