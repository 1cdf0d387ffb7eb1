import { expect, test } from "vitest";
import { nextHolder } from "./order_lease.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const agent = (id: string, minutes: number) => ({ id, seenAt: minutesAgo(minutes) });
const held = (by: string, minutes: number) => ({ by, since: minutesAgo(minutes) });

test("a new operation goes to the agent that was seen last", () => {
  expect(nextHolder([agent("a", 3), agent("b", 1)], undefined, NOW)).toBe("b");
  expect(nextHolder([agent("b", 1), agent("a", 1)], undefined, NOW)).toBe("a"); // the same for all
});

test("a holder that was seen within the lease keeps it", () => {
  expect(nextHolder([agent("a", 14), agent("b", 0)], held("a", 60), NOW)).toBeUndefined();
});

test("a holder that was not seen for the lease loses it to one that was", () => {
  const agents = [agent("a", 16), agent("b", 2), agent("c", 1)];
  expect(nextHolder(agents, held("a", 60), NOW)).toBe("c");
});

test("whoever got it just now has the whole lease to be seen", () => {
  expect(nextHolder([agent("a", 16), agent("b", 2)], held("a", 5), NOW)).toBeUndefined();
});

test("where nobody was seen the site is cut off, and goes on as it is", () => {
  expect(nextHolder([agent("a", 90), agent("b", 80)], held("a", 100), NOW)).toBeUndefined();
});

test("a holder that was revoked loses it at once", () => {
  expect(nextHolder([agent("b", 80)], held("a", 0), NOW)).toBe("b");
});
