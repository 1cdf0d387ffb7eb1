import { expect, test } from "vitest";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import { parseNetwork } from "@/shared/net/ip_network.ts";
import { cellsOf, countInRanges, gridOf, roleOf } from "./address_map.ts";

const range = (kind: "dynamic" | "reserved", first: string, last: string) => ({
  id: 1,
  kind,
  first: parseIpAddress(first),
  last: parseIpAddress(last),
});

test("roleOf() knows a subnet's ends, its router and its ranges, and no broadcast in IPv6", () => {
  const v4 = {
    network: parseNetwork("10.0.0.0/24"),
    gateway: parseIpAddress("10.0.0.1"),
    ranges: [
      range("dynamic", "10.0.0.10", "10.0.0.20"),
      range("reserved", "10.0.0.30", "10.0.0.30"),
    ],
  };
  const role = (address: string) => roleOf(parseIpAddress(address), v4);
  expect(["10.0.0.0", "10.0.0.255", "10.0.0.1", "10.0.0.10", "10.0.0.20", "10.0.0.30", "10.0.0.31"]
    .map(role))
    .toEqual(["network", "broadcast", "gateway", "dynamic", "dynamic", "reserved", "static"]);
  const v6 = { network: parseNetwork("2001:db8::/64"), gateway: undefined, ranges: [] };
  expect(roleOf(parseIpAddress("2001:db8::ffff:ffff:ffff:ffff"), v6)).toBe("static");
});

test("gridOf() and cellsOf() divide a block into 256 cells, or single addresses", () => {
  const subnet = parseNetwork("10.0.0.0/16");
  const whole = gridOf(subnet, subnet);
  expect(whole).toMatchObject({ prefixBits: 24, isSingle: false });
  expect(cellsOf(whole)).toHaveLength(256);
  expect(cellsOf(whole)[255]).toEqual({ first: "10.0.255.0", last: "10.0.255.255" });
  const small = gridOf(subnet, parseNetwork("10.0.3.16/28"));
  expect(small).toMatchObject({ prefixBits: 32, isSingle: true });
  expect(cellsOf(small).map(({ first }) => first)).toContain("10.0.3.31");
  expect(() => gridOf(subnet, parseNetwork("10.1.0.0/24"))).toThrow("10.1.0.0/24 is not in");
  expect(() => gridOf(subnet, parseNetwork("10.0.0.0/15"))).toThrow("is not in 10.0.0.0/16");
});

test("countInRanges() counts what of a range lies in a cell", () => {
  const cell = { first: parseIpAddress("10.0.1.0"), last: parseIpAddress("10.0.1.255") };
  const ranges = [
    range("dynamic", "10.0.0.200", "10.0.1.9"),
    range("dynamic", "10.0.1.250", "10.0.2.9"),
    range("reserved", "10.0.1.20", "10.0.1.29"),
    range("dynamic", "10.0.3.0", "10.0.3.9"),
  ];
  expect(countInRanges(cell, ranges, "dynamic")).toBe(16);
  expect(countInRanges(cell, ranges, "reserved")).toBe(10);
});
