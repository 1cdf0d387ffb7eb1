import fc from "fast-check";
import { expect, test } from "vitest";
import { StateDhcpOption } from "@/shared/contract/site_state.ts";
import { DHCP_OPTION_NAMES, DHCP_OPTION_TYPES, DHCP_SERVER_CODES } from "./dhcp_option_table.ts";
import { compileOption, optionsOfMachine, optionsOfSubnet } from "./dhcp_options.ts";

test.each(
  [
    ["ntp-servers", undefined, "10.0.0.1, 192.0.2.255", 42, "0a000001" + "c00002ff"],
    ["interface-mtu", undefined, "9000", 26, "2328"],
    ["time-offset", undefined, "-3600", 2, "fffff1f0"], // two's complement
    ["arp-cache-timeout", undefined, "4294967295", 35, "ffffffff"],
    ["ip-forwarding", undefined, "true", 19, "01"],
    ["wpad", undefined, "http://w/", 252, "687474703a2f2f772f"],
    [
      "domain-search",
      undefined,
      "a.example,b",
      119,
      "0161" + "076578616d706c65" + "00" + "0162" + "00",
    ],
    [43, undefined, "01:04:0a 00 00 01", 43, "01040a000001"],
    // By hand, RFC 2132 §8.4: code, length, value; and again.
    [43, "sub-options", "1 ipv4 10.0.0.5; 241 text a b;2 u8 7", 43, "01040a000005f103612062020107"],
    [224, "u8", "7", 224, "07"],
    [224, "text", "ä", 224, "c3a4"],
  ] as const,
)("compileOption() makes of %s %s %j option %d", (option, type, value, code, hex) => {
  expect(compileOption({ option, type, value })).toMatchObject({ code, hex });
});

test.each(
  [
    ["ntp-servers", undefined, "10.0.0.256", "value"],
    ["ntp-servers", undefined, "", "value"],
    ["interface-mtu", undefined, "65536", "value"],
    ["interface-mtu", undefined, "1e3", "value"],
    ["interface-mtu", undefined, "-1", "value"],
    ["time-offset", undefined, "2147483648", "value"],
    ["ip-forwarding", undefined, "yes", "value"],
    ["domain-search", undefined, "a..b", "value"],
    ["domain-search", undefined, `${"x".repeat(64)}.example`, "value"],
    [43, undefined, "0a1", "value"],
    [43, "sub-options", "", "value"],
    [43, "sub-options", "1 ipv4 10.0.0.5;", "value"],
    [43, "sub-options", "1 ipv4 10.0.0.256", "value"],
    [43, "sub-options", "0 u8 1", "value"],
    [43, "sub-options", "255 u8 1", "value"],
    [43, "sub-options", "1 u8 1; 1 u8 2", "value"],
    [43, "sub-options", "1 number 1", "value"],
    [43, "sub-options", "1 sub-options 2 u8 1", "value"],
    [43, "sub-options", `1 text ${"x".repeat(256)}`, "value"],
    [224, "text", "x".repeat(1025), "value"],
    [224, undefined, "7", "type"],
    ["nonsense", undefined, "7", "option"],
    ["constructor", undefined, "7", "option"],
    [53, "u8", "5", "option"],
    [255, "hex", "00", "option"],
  ] as const,
)("compileOption() refuses %s %s %j and names the %s", (option, type, value, field) => {
  expect(() => compileOption({ option, type, value })).toThrow(
    expect.objectContaining({ kind: "invalid_input", field }),
  );
});

test("compileOption() of anything is what the contract takes, or a refusal", () => {
  const option = fc.oneof(fc.constantFrom(...Object.keys(DHCP_OPTION_NAMES)), fc.nat(255));
  const type = fc.constantFrom(undefined, ...DHCP_OPTION_TYPES);
  fc.assert(fc.property(option, type, fc.string(), (option, type, value) => {
    try {
      const { code, hex } = compileOption({ option, type, value });
      expect(StateDhcpOption.safeParse({ code, hex }).success).toBe(true);
    } catch (error) {
      expect(error).toMatchObject({ kind: "invalid_input", field: expect.any(String) });
    }
  }));
});

test("no name stands for an option that the agent fills in", () => {
  const codes = Object.values(DHCP_OPTION_NAMES).map(({ code }) => code);
  expect(codes.filter((code) => DHCP_SERVER_CODES.includes(code))).toEqual([]);
  expect(new Set(codes).size).toBe(codes.length);
});

test("the nearer word wins: machine, then subnet, then site, then everybody", () => {
  const all = { siteId: null, subnetId: null, machineId: null };
  const options = [
    { ...all, subnetId: 1, code: 42, hex: "03" },
    { ...all, siteId: "s-1", code: 42, hex: "02" },
    { ...all, code: 42, hex: "01" },
    { ...all, code: 7, hex: "aa" },
    { ...all, machineId: 9, code: 42, hex: "04" },
  ];
  expect(optionsOfSubnet(options, 1)).toEqual([{ code: 7, hex: "aa" }, { code: 42, hex: "03" }]);
  expect(optionsOfSubnet(options, 2)).toEqual([{ code: 7, hex: "aa" }, { code: 42, hex: "02" }]);
  expect(optionsOfMachine(options, 9)).toEqual([{ code: 42, hex: "04" }]);
  expect(optionsOfMachine(options, 8)).toEqual([]);
});
