import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createHub } from "./hub.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a publish wakes every waiter of its topic and no other", async () => {
  const hub = createHub();
  const woken: string[] = [];
  const a = hub.wait("site:a", 1000).then(() => woken.push("a"));
  const b = hub.wait("site:a", 1000).then(() => woken.push("b"));
  const other = hub.wait("site:b", 1000).then(() => woken.push("other"));
  hub.publish("site:a");
  await Promise.all([a, b]);
  expect(woken).toEqual(["a", "b"]);
  await vi.advanceTimersByTimeAsync(1000);
  await other;
  expect(woken).toEqual(["a", "b", "other"]);
});

test("an abort ends the wait and leaves no timer", async () => {
  const hub = createHub();
  const controller = new AbortController();
  const waiting = hub.wait("site:a", 1000, controller.signal);
  controller.abort();
  await waiting;
  expect(vi.getTimerCount()).toBe(0);
  await hub.wait("site:a", 1000, controller.signal); // aborted before: at once
});

test("closing wakes everybody, and nobody waits after it", async () => {
  const hub = createHub();
  const waiting = Promise.all([hub.wait("site:a", 1000), hub.wait("site:b", 1000)]);
  hub.close();
  await waiting;
  await hub.wait("site:a", 1000);
  expect(vi.getTimerCount()).toBe(0);
});
