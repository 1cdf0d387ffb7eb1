import { describe, expect, test } from "vitest";
import { parseIpAddress as ip } from "@/shared/net/ip_address.ts";
import { parseNetwork } from "@/shared/net/ip_network.ts";
import { allocatableRanges } from "./address_plan.ts";
import { checkGateway, checkNewSubnet, checkPromise, checkRange } from "./network_rules.ts";

const range = (kind: "dynamic" | "reserved", first: string, last: string) => ({
  kind,
  first: ip(first),
  last: ip(last),
});
const SUBNET = {
  network: parseNetwork("10.0.0.0/24"),
  gateway: ip("10.0.0.1"),
  ranges: [
    { id: 1, ...range("dynamic", "10.0.0.100", "10.0.0.199") },
    { id: 2, ...range("reserved", "10.0.0.2", "10.0.0.9") },
  ],
};
const SUBNET6 = { network: parseNetwork("2001:db8::/64"), ranges: [] };

describe("checkNewSubnet", () => {
  test("lets neighbours be, and refuses any shared address", () => {
    const others = [parseNetwork("10.0.0.0/24")];
    expect(() => checkNewSubnet(parseNetwork("10.0.1.0/24"), others)).not.toThrow();
    for (const cidr of ["10.0.0.0/24", "10.0.0.0/16", "10.0.0.192/26"]) {
      expect(() => checkNewSubnet(parseNetwork(cidr), others)).toThrow(/shares addresses/);
    }
  });

  test.each([["0.0.0.0/7", false], ["10.0.0.0/8", true], ["10.0.0.0/30", true], [
    "10.0.0.0/31",
    false,
  ]])(
    "%s is a usable size: %s",
    (cidr, isUsable) => {
      const check = () => checkNewSubnet(parseNetwork(cidr), []);
      if (isUsable) expect(check).not.toThrow();
      else expect(check).toThrow(/not a usable size/);
    },
  );
});

describe("checkRange", () => {
  test.each(
    [
      ["dynamic", "10.0.0.200", "10.0.0.254", undefined],
      ["dynamic", "10.0.0.10", "10.0.0.10", undefined],
      ["reserved", "10.0.0.40", "10.0.0.60", undefined], // kept from others, not from who has it
      ["reserved", "10.0.0.1", "10.0.0.1", undefined],
      ["dynamic", "10.0.0.1", "10.0.0.1", "range.holds_gateway"],
      ["dynamic", "10.0.0.90", "10.0.0.100", "range.overlaps"],
      ["reserved", "10.0.0.120", "10.0.0.130", "range.overlaps"],
      ["dynamic", "10.0.0.20", "10.0.0.19", "range.backwards"],
      ["dynamic", "10.0.0.200", "10.0.0.255", "subnet.address_not_usable"],
      ["dynamic", "10.0.0.0", "10.0.0.1", "subnet.address_not_usable"],
      ["dynamic", "10.0.0.200", "10.0.1.1", "subnet.address_outside"],
    ] as const,
  )("%s %s-%s: %s", (kind, first, last, code) => {
    const check = () => checkRange(range(kind, first, last), SUBNET);
    if (code) expect(check).toThrow(expect.objectContaining({ code }));
    else expect(check).not.toThrow();
  });
});

test("checkRange() lets a range that changes overlap what it was", () => {
  const grown = { id: 1, ...range("dynamic", "10.0.0.90", "10.0.0.199") };
  expect(() => checkRange(grown, SUBNET)).not.toThrow();
  expect(() => checkRange({ ...grown, id: 3 }, SUBNET)).toThrow(/overlaps/);
});

test("checkRange() wants a dynamic IPv6 range to be large, and knows no broadcast there", () => {
  const small = range("dynamic", "2001:db8::1:0", "2001:db8::1:fe");
  expect(() => checkRange(small, SUBNET6)).toThrow(/at least 256/);
  const last = range("dynamic", "2001:db8::ffff:ffff:ffff:0", "2001:db8::ffff:ffff:ffff:ffff");
  expect(() => checkRange(last, SUBNET6)).not.toThrow();
});

describe("checkPromise and checkGateway", () => {
  test("keep addresses that anybody may get apart from those that are promised", () => {
    expect(() => checkPromise(ip("10.0.0.5"), SUBNET, false)).not.toThrow();
    expect(() => checkPromise(ip("10.0.0.100"), SUBNET, false)).toThrow(/dynamic range/);
    expect(() => checkPromise(ip("10.0.0.100"), SUBNET, true)).not.toThrow();
    expect(() => checkPromise(ip("10.0.0.1"), SUBNET, true)).toThrow(/router/);
    expect(() => checkPromise(ip("2001:db8::1"), SUBNET, true)).toThrow(/not in/);
    expect(() => checkGateway(ip("10.0.0.5"), SUBNET)).not.toThrow();
    expect(() => checkGateway(ip("10.0.0.199"), SUBNET)).toThrow(/dynamic range/);
  });

  test("take an IPv6 router by its link-local address", () => {
    expect(() => checkGateway(ip("fe80::1"), SUBNET6)).not.toThrow();
    expect(() => checkGateway(ip("2001:db8::1"), SUBNET6)).not.toThrow();
    expect(() => checkGateway(ip("2001:db9::1"), SUBNET6)).toThrow(/not in/);
    expect(() => checkGateway(ip("fe80::1"), SUBNET)).toThrow(/not in/);
  });
});

test("allocatableRanges() leaves out what is set aside, the router and the servers", () => {
  const spell = (isManaged: boolean) =>
    allocatableRanges({ ...SUBNET, isManaged, kept: [ip("10.0.0.53"), ip("2001:db8::53")] })
      .map(({ first, last }) => `${first}-${last}`);
  expect(spell(true)).toEqual([
    "10.0.0.10-10.0.0.52",
    "10.0.0.54-10.0.0.99",
    "10.0.0.200-10.0.0.254",
  ]);
  expect(spell(false)).toEqual(["10.0.0.2-10.0.0.9"]);
});
