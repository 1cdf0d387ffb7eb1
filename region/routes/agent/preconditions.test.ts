import { describe, expect, test } from "vitest";
import { etagMatcher, rangeOf, waitSecondsOf } from "./preconditions.ts";

describe("rangeOf() of ten bytes", () => {
  const table: [header: string | undefined, range: ReturnType<typeof rangeOf>][] = [
    [undefined, undefined],
    ["bytes=0-0", { first: 0, last: 0 }],
    ["bytes=2-4", { first: 2, last: 4 }],
    ["bytes=2-", { first: 2, last: 9 }],
    ["bytes=0-99", { first: 0, last: 9 }],
    ["bytes=-3", { first: 7, last: 9 }],
    ["bytes=-99", { first: 0, last: 9 }],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=10-12", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=4-2", undefined],
    ["bytes=-", undefined],
    ["bytes=0-1,3-4", undefined], // one range is all that resuming needs
    ["lines=0-1", undefined],
    ["bytes=a-b", undefined],
    ["bytes=99999999999999999999-", undefined],
  ];
  for (const [header, range] of table) {
    test(`${header}`, () => expect(rangeOf(header, 10)).toEqual(range));
  }

  test("of nothing at all is unsatisfiable", () => {
    expect(rangeOf("bytes=0-", 0)).toBe("unsatisfiable");
    expect(rangeOf(undefined, 0)).toBeUndefined();
  });
});

test("etagMatcher() knows lists, weak ones and the star", () => {
  expect(etagMatcher(undefined)("a")).toBe(false);
  expect(etagMatcher('"a"')("a")).toBe(true);
  expect(etagMatcher('"b", W/"a"')("a")).toBe(true);
  expect(etagMatcher("*")("a")).toBe(true);
  expect(etagMatcher("a")("a")).toBe(false); // etags come quoted
  expect(etagMatcher('"aa"')("a")).toBe(false);
});

test("waitSecondsOf() finds wait among other preferences", () => {
  const table: [string | undefined, number][] = [
    [undefined, 0],
    ["wait=30", 30],
    ["respond-async, wait=10", 10],
    ["wait=5; x", 5],
    ["Wait = 7", 7],
    ["await=30", 0],
    ["wait=-1", 0],
    ["wait=1e3", 0],
    ["wait=soon", 0],
  ];
  for (const [header, seconds] of table) {
    expect([header, waitSecondsOf(header)]).toEqual([header, seconds]);
  }
});
