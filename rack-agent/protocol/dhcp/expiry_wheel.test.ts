import { expect, test } from "vitest";
import { ExpiryWheel } from "./expiry_wheel.ts";

test("a key comes up in the second it falls due, and once", () => {
  const wheel = new ExpiryWheel<number>();
  wheel.takeDue(1_000_000);
  for (let i = 1; i <= 20; i += 1) wheel.add(i, 1_000_000 + i * 1_000);
  expect(wheel.takeDue(1_001_000)).toEqual([1]);
  expect(wheel.takeDue(1_001_999)).toEqual([]);
  expect(wheel.takeDue(1_003_000)).toEqual([2, 3]);
  expect(wheel.takeDue(9_000_000)).toHaveLength(17); // a long pause
  expect(wheel.takeDue(9_001_000)).toEqual([]);
});

test("a key within a second is not taken before its time", () => {
  const wheel = new ExpiryWheel<string>();
  wheel.add("a", 5_001);
  expect(wheel.takeDue(5_999)).toEqual([]);
  expect(wheel.takeDue(6_000)).toEqual(["a"]);
});

test("a key that is due already comes up with the next second", () => {
  const wheel = new ExpiryWheel<string>();
  wheel.takeDue(10_000);
  wheel.add("late", 1_000);
  expect(wheel.takeDue(11_000)).toEqual(["late"]);
});
