import fc from "fast-check";
import { expect, test } from "vitest";
import { ipFromBigint, parseIpAddress } from "@/shared/net/ip_address.ts";
import {
  type AddressRange,
  countAddresses,
  joinRanges,
  withoutAddresses,
} from "./address_ranges.ts";

const range = (first: string, last: string): AddressRange => ({
  first: parseIpAddress(first),
  last: parseIpAddress(last),
});
const pool = [range("10.0.0.10", "10.0.0.20")];
const one = (ip: string) => range(ip, ip);

const cases: [what: string, taken: AddressRange[], left: string[]][] = [
  ["nothing", [], ["10.0.0.10-10.0.0.20"]],
  ["an address outside", [one("10.0.0.9"), one("10.0.0.21")], ["10.0.0.10-10.0.0.20"]],
  ["the first", [one("10.0.0.10")], ["10.0.0.11-10.0.0.20"]],
  ["the last", [one("10.0.0.20")], ["10.0.0.10-10.0.0.19"]],
  ["one in the middle", [one("10.0.0.15")], ["10.0.0.10-10.0.0.14", "10.0.0.16-10.0.0.20"]],
  ["two neighbours", [one("10.0.0.11"), one("10.0.0.10")], ["10.0.0.12-10.0.0.20"]],
  ["a range over its end", [range("10.0.0.18", "10.0.0.99")], ["10.0.0.10-10.0.0.17"]],
  ["all of it", [range("10.0.0.0", "10.0.0.255")], []],
];
for (const [what, taken, left] of cases) {
  test(`withoutAddresses() takes away ${what}`, () => {
    expect(withoutAddresses(pool, taken).map(({ first, last }) => `${first}-${last}`)).toEqual(
      left,
    );
  });
}

test("withoutAddresses() gives ranges in the order of their addresses", () => {
  const ranges = [range("10.0.1.1", "10.0.1.2"), range("9.0.0.1", "9.0.0.2")];
  expect(withoutAddresses(ranges, []).map(({ first }) => first)).toEqual(["9.0.0.1", "10.0.1.1"]);
});

test("withoutAddresses() keeps exactly the addresses that are in a range and not taken", () => {
  const numbers = fc.tuple(fc.nat(60), fc.nat(60)).map(([a, b]) => ({
    first: BigInt(Math.min(a, b)),
    last: BigInt(Math.max(a, b)),
  }));
  const list = fc.array(numbers, { maxLength: 6 });
  fc.assert(fc.property(list, list, fc.constantFrom<4 | 6>(4, 6), (ranges, taken, family) => {
    const real = (each: { first: bigint; last: bigint }) => ({
      first: ipFromBigint(each.first, family),
      last: ipFromBigint(each.last, family),
    });
    const has = (all: typeof ranges, n: bigint) =>
      all.some(({ first, last }) => n >= first && n <= last);
    const left = withoutAddresses(ranges.map(real), taken.map(real));
    const expected = Array.from({ length: 61 }, (_, i) => BigInt(i))
      .filter((n) => has(ranges, n) && !has(taken, n));
    expect(countAddresses(left)).toBe(BigInt(expected.length));
    expect(joinRanges(expected.map((n) => real({ first: n, last: n })))).toEqual(left);
  }));
});
