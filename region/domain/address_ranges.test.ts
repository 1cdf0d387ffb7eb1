import { expect, test } from "vitest";
import { withoutAddresses } from "./address_ranges.ts";

const pool = [{ first: "10.0.0.10", last: "10.0.0.20" }];
const one = (ipv4: string) => ({ first: ipv4, last: ipv4 });

const cases: [what: string, taken: { first: string; last: string }[], left: string[]][] = [
  ["nothing", [], ["10.0.0.10-10.0.0.20"]],
  ["an address outside", [one("10.0.0.9"), one("10.0.0.21")], ["10.0.0.10-10.0.0.20"]],
  ["the first", [one("10.0.0.10")], ["10.0.0.11-10.0.0.20"]],
  ["the last", [one("10.0.0.20")], ["10.0.0.10-10.0.0.19"]],
  ["one in the middle", [one("10.0.0.15")], ["10.0.0.10-10.0.0.14", "10.0.0.16-10.0.0.20"]],
  ["two neighbours", [one("10.0.0.11"), one("10.0.0.10")], ["10.0.0.12-10.0.0.20"]],
  ["a range over its end", [{ first: "10.0.0.18", last: "10.0.0.99" }], ["10.0.0.10-10.0.0.17"]],
  ["all of it", [{ first: "10.0.0.0", last: "10.0.0.255" }], []],
];
for (const [what, taken, left] of cases) {
  test(`withoutAddresses() takes away ${what}`, () => {
    expect(withoutAddresses(pool, taken).map(({ first, last }) => `${first}-${last}`)).toEqual(
      left,
    );
  });
}

test("withoutAddresses() gives ranges in the order of their addresses", () => {
  const ranges = [{ first: "10.0.1.1", last: "10.0.1.2" }, { first: "9.0.0.1", last: "9.0.0.2" }];
  expect(withoutAddresses(ranges, []).map(({ first }) => first)).toEqual(["9.0.0.1", "10.0.1.1"]);
});
