import { expect, test } from "vitest";
import { etaSeconds, fetchRetryMs } from "./sync_retry.ts";

test("fetchRetryMs() doubles to five minutes, spread by a fifth", () => {
  expect([1, 2, 5, 20].map((n) => fetchRetryMs(n, 0.5))).toEqual([2000, 4000, 32_000, 300_000]);
  expect([fetchRetryMs(1, 0), fetchRetryMs(1, 1)]).toEqual([1600, 2400]);
});

test("etaSeconds() goes by the speed so far", () => {
  const at = (doneBytes: number, fetchedBytes: number, elapsedMs: number) =>
    etaSeconds({ doneBytes, fetchedBytes, elapsedMs, totalBytes: 1000 });
  expect(at(500, 500, 10_000)).toBe(10);
  expect(at(500, 250, 10_000)).toBe(20); // half of it was there from an earlier try
  expect(at(1000, 0, 0)).toBe(0);
  expect(at(0, 0, 10_000)).toBeUndefined();
});
