import { expect, test } from "vitest";
import { atLeast, atMost, interleave, median } from "./bench.ts";
import { formatTable } from "./table.ts";

test("interleave() lets contenders take turns", async () => {
  const order: string[] = [];
  const contender = (name: string) => () => Promise.resolve(order.push(name));
  expect(await interleave([contender("us"), contender("peer")], 2)).toEqual([[1, 3], [2, 4]]);
  expect(order).toEqual(["us", "peer", "us", "peer"]);
});

test("median() takes the middle", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2);
});

test("bars say whether they are met", () => {
  expect(atMost("overhead", 5, 5)).toEqual({ name: "overhead", value: 5, bar: "<= 5", ok: true });
  expect(atLeast("ratio", 0.7, 0.8).ok).toBe(false);
});

test("formatTable() lines up its columns", () => {
  expect(formatTable([{ stage: "install", seconds: 1.5 }, { stage: "x", seconds: 20 }])).toBe(
    "stage    seconds\n-------  -------\ninstall     1.50\nx             20",
  );
});
