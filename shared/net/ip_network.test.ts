import fc from "fast-check";
import { expect, test } from "vitest";
import { familyOf, ipFromBigint, ipToBigint, parseIpAddress } from "./ip_address.ts";
import { formatNetwork, networkContains, networksOverlap, parseNetwork } from "./ip_network.ts";

// RFC 5952 §4 and §5, RFC 4291 §2.2.
test.each([
  ["2001:0db8::0001", "2001:db8::1"],
  ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"], // one group alone is not shortened
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"], // the longest run
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"], // the first of equals
  ["2001:DB8::A", "2001:db8::a"],
  ["::", "::"],
  ["::1", "::1"],
  ["fe80::", "fe80::"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::ffff:192.0.2.1", "::ffff:c000:201"],
])("parseIpAddress() spells %s as %s", (text, spelled) => {
  expect(parseIpAddress(text)).toBe(spelled);
});

test.each([
  ":",
  ":::",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4:5:6:7:8::",
  "12345::",
  "g::",
  "fe80::1%eth0",
  "1.2.3.4::",
  "::1.2.3.400",
  "::1.2.3.4:5",
  " ::1",
])("parseIpAddress() refuses %s", (text) => {
  expect(() => parseIpAddress(text)).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^ipv[46]\.malformed$/) }),
  );
});

test("an address survives its number, and any spelling of it", () => {
  fc.assert(fc.property(fc.bigInt(0n, (1n << 128n) - 1n), (value) => {
    const address = ipFromBigint(value, 6);
    expect(ipToBigint(address)).toBe(value);
    expect(parseIpAddress(address)).toBe(address);
    expect(familyOf(address)).toBe(6);
  }));
  fc.assert(fc.property(fc.ipV6(), (text) => {
    const address = parseIpAddress(text);
    expect(parseIpAddress(address)).toBe(address);
  }));
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      expect(parseIpAddress(parseIpAddress(text))).toBe(parseIpAddress(text));
    } catch (error) {
      expect(error).toMatchObject({ kind: "invalid_input" });
    }
  }));
});

test.each([
  ["10.0.0.0/24", "10.0.0.0", "10.0.0.255"],
  ["2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"],
  ["0.0.0.0/0", "0.0.0.0", "255.255.255.255"],
  ["::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["192.0.2.1/32", "192.0.2.1", "192.0.2.1"],
])("parseNetwork() of %s goes from %s to %s", (text, first, last) => {
  const network = parseNetwork(text);
  expect([network.first, network.last, formatNetwork(network)]).toEqual([first, last, text]);
});

test.each([
  ["10.0.0.1/24", "network.host_bits"],
  ["2001:db8::1/64", "network.host_bits"],
  ["10.0.0.0/33", "network.malformed"],
  ["::/129", "network.malformed"],
  ["banana", "network.malformed"],
  ["10.0.0.0", "network.malformed"],
  ["10.0.0/24", "ipv4.malformed"],
])("parseNetwork() refuses %s: %s", (text, code) => {
  expect(() => parseNetwork(text)).toThrow(expect.objectContaining({ code }));
});

test("networks of two families share nothing", () => {
  expect(networkContains(parseNetwork("::/0"), parseIpAddress("10.0.0.1"))).toBe(false);
  expect(networksOverlap(parseNetwork("::/0"), parseNetwork("0.0.0.0/0"))).toBe(false);
  expect(networksOverlap(parseNetwork("10.0.0.0/8"), parseNetwork("10.9.0.0/16"))).toBe(true);
});
