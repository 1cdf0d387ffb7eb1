import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { repeat } from "./repeat.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("repeat waits for the work to end before it counts the next period", async () => {
  let begun = 0;
  let finish = () => {};
  const loop = repeat(1000, () => {
    begun++;
    return new Promise((resolve) => finish = resolve);
  });
  await vi.advanceTimersByTimeAsync(5000);
  expect(begun).toBe(1);
  finish();
  await vi.advanceTimersByTimeAsync(1000);
  expect(begun).toBe(2);
  const stopped = loop.stop();
  finish();
  await stopped;
  await vi.advanceTimersByTimeAsync(5000);
  expect(begun).toBe(2);
});
