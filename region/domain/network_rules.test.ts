import { describe, expect, test } from "vitest";
import { parseCidr } from "@/shared/net/cidr.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import {
  checkGateway,
  checkNewRange,
  checkNewReservation,
  checkNewSubnet,
} from "./network_rules.ts";

const range = (kind: "dynamic" | "reserved", first: string, last: string) => ({
  kind,
  first: parseIpv4(first),
  last: parseIpv4(last),
});
const SUBNET = {
  cidr: parseCidr("10.0.0.0/24"),
  gateway: parseIpv4("10.0.0.1"),
  ranges: [range("dynamic", "10.0.0.100", "10.0.0.199"), range("reserved", "10.0.0.2", "10.0.0.9")],
  reservations: [parseIpv4("10.0.0.50")],
};

describe("checkNewSubnet", () => {
  test("lets neighbours be, and refuses any shared address", () => {
    const others = [parseCidr("10.0.0.0/24")];
    expect(() => checkNewSubnet(parseCidr("10.0.1.0/24"), others)).not.toThrow();
    for (const cidr of ["10.0.0.0/24", "10.0.0.0/16", "10.0.0.192/26"]) {
      expect(() => checkNewSubnet(parseCidr(cidr), others)).toThrow(/shares addresses/);
    }
  });

  test.each([["0.0.0.0/7", false], ["10.0.0.0/8", true], ["10.0.0.0/30", true], [
    "10.0.0.0/31",
    false,
  ]])(
    "%s is a usable size: %s",
    (cidr, isUsable) => {
      const check = () => checkNewSubnet(parseCidr(cidr), []);
      if (isUsable) expect(check).not.toThrow();
      else expect(check).toThrow(/not a usable size/);
    },
  );
});

describe("checkNewRange", () => {
  test.each(
    [
      ["dynamic", "10.0.0.200", "10.0.0.254", undefined],
      ["dynamic", "10.0.0.10", "10.0.0.10", undefined],
      ["reserved", "10.0.0.40", "10.0.0.60", undefined], // kept from others, not from who has it
      ["reserved", "10.0.0.1", "10.0.0.1", undefined],
      ["dynamic", "10.0.0.40", "10.0.0.60", "range.holds_promised_address"],
      ["dynamic", "10.0.0.1", "10.0.0.1", "range.holds_promised_address"],
      ["dynamic", "10.0.0.90", "10.0.0.100", "range.overlaps"],
      ["reserved", "10.0.0.120", "10.0.0.130", "range.overlaps"],
      ["dynamic", "10.0.0.20", "10.0.0.19", "range.backwards"],
      ["dynamic", "10.0.0.200", "10.0.0.255", "subnet.address_not_usable"],
      ["dynamic", "10.0.0.0", "10.0.0.1", "subnet.address_not_usable"],
      ["dynamic", "10.0.0.200", "10.0.1.1", "subnet.address_outside"],
    ] as const,
  )("%s %s-%s: %s", (kind, first, last, code) => {
    const check = () => checkNewRange(range(kind, first, last), SUBNET);
    if (code) expect(check).toThrow(expect.objectContaining({ code }));
    else expect(check).not.toThrow();
  });
});

describe("checkNewReservation and checkGateway", () => {
  test("keep addresses that anybody may get apart from those that are promised", () => {
    expect(() => checkNewReservation(parseIpv4("10.0.0.5"), SUBNET)).not.toThrow();
    expect(() => checkNewReservation(parseIpv4("10.0.0.100"), SUBNET)).toThrow(/dynamic range/);
    expect(() => checkNewReservation(parseIpv4("10.0.0.1"), SUBNET)).toThrow(/router/);
    expect(() => checkGateway(parseIpv4("10.0.0.5"), SUBNET)).not.toThrow();
    expect(() => checkGateway(parseIpv4("10.0.0.199"), SUBNET)).toThrow(/dynamic range/);
    expect(() => checkGateway(parseIpv4("10.0.0.50"), SUBNET)).toThrow(/reserved/);
  });
});
