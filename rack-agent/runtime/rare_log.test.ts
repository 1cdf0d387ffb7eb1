import { expect, test } from "vitest";
import { RareLog } from "./rare_log.ts";

test("an event is written once a minute, with how many were left out", () => {
  const written: unknown[] = [];
  let nowMs = 0;
  const log = new RareLog((event, fields) => written.push([event, fields]), () => nowMs);
  log.write("a", { n: 1 });
  log.write("a", { n: 2 });
  log.write("b", { n: 3 });
  nowMs = 59_999;
  log.write("a", { n: 4 });
  nowMs = 60_000;
  log.write("a", { n: 5 });
  nowMs = 120_000;
  log.write("a", { n: 6 });
  expect(written).toEqual([
    ["a", { n: 1 }],
    ["b", { n: 3 }],
    ["a", { n: 5, leftOut: 2 }],
    ["a", { n: 6 }],
  ]);
});
