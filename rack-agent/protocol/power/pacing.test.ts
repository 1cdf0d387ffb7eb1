import fc from "fast-check";
import { expect, test } from "vitest";
import { firstPollMs, FRESH_PACE, notePoll, type Pace, pollAfterMs } from "./pacing.ts";

const MIDDLE = 0.5;
const after = (codes: readonly string[]): Pace =>
  codes.reduce<Pace>((pace, code) => notePoll(pace, { kind: "failed", code }), FRESH_PACE);
const silent = (times: number) => after(Array.from({ length: times }, () => "bmc.no_answer"));

test("a BMC that answers is asked twice a minute", () => {
  const pace = notePoll(FRESH_PACE, { kind: "answered", tookMs: 4 });
  expect(pollAfterMs(pace, MIDDLE)).toBe(30_000);
  expect(pollAfterMs(pace, 0)).toBe(27_000);
  expect(pollAfterMs(pace, 0.999)).toBeLessThan(33_000);
});

test("a slow BMC is asked less, and what is known of it still stays under a minute old", () => {
  const slow = (tookMs: number) => notePoll(FRESH_PACE, { kind: "answered", tookMs });
  expect(pollAfterMs(slow(4_000), MIDDLE)).toBe(40_000);
  expect(pollAfterMs(slow(8_000), 0.999) + 8_000).toBeLessThan(60_000);
});

test("a silent BMC is asked less and less, and at least four times an hour", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 50].map((times) => pollAfterMs(silent(times), MIDDLE));
  expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900, 900].map((seconds) => seconds * 1_000));
});

test("one answer ends the quiet", () => {
  const pace = notePoll(silent(9), { kind: "answered", tookMs: 4 });
  expect(pollAfterMs(pace, MIDDLE)).toBe(30_000);
});

test("a BMC that refuses the login is left alone for minutes, lest it lock the user out", () => {
  const refused = (times: number) =>
    after(Array.from({ length: times }, () => "bmc.wrong_password"));
  expect(pollAfterMs(refused(1), MIDDLE)).toBe(5 * 60_000);
  expect(pollAfterMs(refused(9), MIDDLE)).toBe(60 * 60_000);
});

test("the first questions are spread over half a minute at most", () => {
  fc.assert(
    fc.property(fc.nat(20_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (count, chance) => {
      const ms = firstPollMs(count, chance);
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(30_000);
    }),
  );
  expect(firstPollMs(1, 0.9)).toBeLessThan(10);
});
