import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { hex } from "@/test/hex.ts";
import { OPTIONS } from "./option_table.ts";
import {
  decodeOptions,
  type DhcpOptions,
  encodeOptions,
  placeOptions,
  rawOptions,
} from "./options.ts";

const NOTHING = { bytes: new Uint8Array(0), offset: 0 };
const NO_HEADER = { file: NOTHING, serverName: NOTHING };

function decoded(text: string): DhcpOptions {
  return decodeOptions({ bytes: hex(text), offset: 240 }, NO_HEADER).options;
}

const everyOption: [bytes: string, options: DhcpOptions][] = [
  ["35 01 05 ff", { messageType: 5 }],
  ["36 04 c0 00 02 01 ff", { serverId: parseIpv4("192.0.2.1") }],
  ["33 04 00 00 0e 10 ff", { leaseSeconds: 3_600 }],
  ["3a 04 00 00 07 08 ff", { renewalSeconds: 1_800 }],
  ["3b 04 80 00 0c 4e ff", { rebindingSeconds: 2_147_486_798 }], // the top bit is no sign
  ["01 04 ff ff ff 00 ff", { subnetMask: parseIpv4("255.255.255.0") }],
  ["03 04 c0 00 02 fe ff", { routers: [parseIpv4("192.0.2.254")] }],
  ["38 02 6e 6f ff", { message: "no" }],
  ["3d 07 01 52 54 00 77 00 01 ff", { clientId: hex("01 52 54 00 77 00 01") }],
  ["3c 09 50 58 45 43 6c 69 65 6e 74 ff", { vendorClass: "PXEClient" }],
  ["43 04 61 2e 6b 70 ff", { bootFileName: "a.kp" }],
  ["42 03 31 2e 32 ff", { tftpServerName: "1.2" }],
  ["af 03 b0 01 01 ff", { ipxeOptions: hex("b0 01 01") }],
  ["2b 03 06 01 08 ff", { vendorSpecific: hex("06 01 08") }],
  [
    "06 08 c0 00 02 35 c6 33 64 35 ff",
    { dnsServers: [parseIpv4("192.0.2.53"), parseIpv4("198.51.100.53")] },
  ],
  ["0c 02 6e 31 ff", { hostName: "n1" }],
  ["0f 03 61 2e 62 ff", { domainName: "a.b" }],
  ["1c 04 c0 00 02 ff ff", { broadcastAddress: parseIpv4("192.0.2.255") }],
  ["1a 02 23 28 ff", { interfaceMtu: 9_000 }],
  ["2a 04 c0 00 02 7b ff", { ntpServers: [parseIpv4("192.0.2.123")] }],
  [
    "77 0c 02 65 75 01 61 00 02 75 73 01 61 00 ff",
    { domainSearch: ["eu.a", "us.a"] },
  ],
  [
    "79 14 18 c0 00 02 c0 00 02 fe 00 c0 00 02 01 09 0a 80 c0 00 02 02 ff",
    {
      classlessRoutes: [
        { destination: parseIpv4("192.0.2.0"), prefixBits: 24, gateway: parseIpv4("192.0.2.254") },
        { destination: parseIpv4("0.0.0.0"), prefixBits: 0, gateway: parseIpv4("192.0.2.1") },
        { destination: parseIpv4("10.128.0.0"), prefixBits: 9, gateway: parseIpv4("192.0.2.2") },
      ],
    },
  ],
  ["76 04 c6 33 64 00 ff", { subnetSelection: parseIpv4("198.51.100.0") }],
  ["32 04 c0 00 02 0a ff", { requestedAddress: parseIpv4("192.0.2.10") }],
  ["37 02 01 03 ff", { parameterRequestList: [1, 3] }],
  ["39 02 05 c0 ff", { maxMessageBytes: 1_472 }],
  ["4d 07 03 61 62 63 02 64 65 ff", { userClasses: ["abc", "de"] }],
  ["5d 04 00 07 00 10 ff", { clientArchitectures: [7, 16] }], // x64 UEFI, x64 UEFI HTTP
  ["5e 03 01 03 10 ff", { clientInterface: hex("01 03 10") }],
  ["61 03 00 aa bb ff", { machineUuid: hex("00 aa bb") }],
  ["52 04 01 02 65 31 ff", { agentInformation: hex("01 02 65 31") }],
];
for (const [bytes, options] of everyOption) {
  test(`${Object.keys(options)} is ${bytes}`, () => {
    expect(encodeOptions(options)).toEqual(hex(bytes));
    expect(decoded(bytes)).toEqual(options);
  });
}

test("the list above names every option in the table", () => {
  expect(everyOption.flatMap(([, options]) => Object.keys(options))).toEqual(Object.keys(OPTIONS));
});

test("decodeOptions() takes iPXE's user class, which has no length in front", () => {
  expect(decoded("4d 04 69 50 58 45 ff")).toEqual({ userClasses: ["iPXE"] });
});

test("decodeOptions() takes user classes whose lengths do not add up as one", () => {
  expect(decoded("4d 03 01 61 00 ff")).toEqual({ userClasses: ["\u0001a"] });
});

test("decodeOptions() skips padding and options it does not know", () => {
  expect(decoded("00 00 fc 02 01 02 35 01 01 00 ff")).toEqual({ messageType: 1 });
});

test("decodeOptions() stops at END and does without one", () => {
  expect(decoded("35 01 01 ff 0c 09")).toEqual({ messageType: 1 });
  expect(decoded("35 01 01")).toEqual({ messageType: 1 });
});

test("decodeOptions() cuts trailing NULs and takes an empty host name", () => {
  expect(decoded("0c 04 6e 31 00 00 ff")).toEqual({ hostName: "n1" });
  expect(decoded("0c 00 ff")).toEqual({ hostName: "" });
});

test("a value longer than 255 bytes is split, and joined again", () => {
  const url = "http://boot.example/" + "x".repeat(300);
  const bytes = encodeOptions({ bootFileName: url });
  expect([...bytes.subarray(0, 2)]).toEqual([67, 255]);
  expect([...bytes.subarray(257, 259)]).toEqual([67, 65]);
  expect(decodeOptions({ bytes, offset: 0 }, NO_HEADER).options).toEqual({ bootFileName: url });
});

test("decodeOptions() joins fragments across option overload, file before sname", () => {
  const header = {
    file: { bytes: hex("0c 01 62 ff"), offset: 108 },
    serverName: { bytes: hex("0c 01 63 ff"), offset: 44 },
  };
  const field = { bytes: hex("34 01 03 0c 01 61 ff"), offset: 240 };
  expect(decodeOptions(field, header)).toEqual({
    options: { hostName: "abc" },
    overloaded: { file: true, serverName: true },
  });
});

test("encodeOptions() leaves out what does not fit, but never the relay's information", () => {
  const options = { messageType: 2, hostName: "a-long-name", agentInformation: hex("01 01 31") };
  // 53: 3 bytes, 12: 13 bytes, 82: 5 bytes, END: 1 byte
  expect(encodeOptions(options, 22)).toHaveLength(22);
  expect(encodeOptions(options, 21)).toEqual(hex("35 01 02 52 03 01 01 31 ff"));
});

test("decodeOptions() follows the pointers of a compressed search list (RFC 3397 §2)", () => {
  // "a.example" and "b" + a pointer to "example" at byte 2
  expect(decoded("77 0f 01 61 07 65 78 61 6d 70 6c 65 00 01 62 c0 02 ff")).toEqual({
    domainSearch: ["a.example", "b.example"],
  });
  expect(() => decoded("77 04 01 61 c0 00 ff")).toThrow(DecodeError); // it points at itself
});

test("placeOptions() puts what was asked for first, and overloads file and sname", () => {
  const option = (code: number, bytes: number) => ({ code, value: new Uint8Array(bytes) });
  const options = [option(53, 1), option(12, 20), option(15, 20), option(17, 20), option(82, 2)];
  const room = { field: 40, file: 25, serverName: 0 };
  const placed = placeOptions(options, room, [17, 15]);
  const codes = (bytes: Uint8Array | undefined) => {
    const found: number[] = [];
    for (let at = 0; bytes && bytes[at] !== 255; at += 2 + (bytes[at + 1] ?? 0)) {
      found.push(bytes[at] ?? 0);
    }
    return found;
  };
  expect(codes(placed.field)).toEqual([53, 17, 52, 82]);
  expect(codes(placed.file)).toEqual([15]);
  expect(placed.serverName).toBeUndefined();
  expect(placed.file).toHaveLength(25);
});

test("rawOptions() lets an extra option take the place of ours", () => {
  const extra = [{ code: 15, value: hex("62") }, { code: 224, value: hex("01 02") }];
  expect(rawOptions({ messageType: 2, domainName: "a" }, extra)).toEqual([
    { code: 53, value: hex("02") },
    ...extra,
  ]);
});

const malformed: [what: string, bytes: string][] = [
  ["a length past the end", "35 02 01"],
  ["a code without a length", "35"],
  ["a message type of two bytes", "35 02 01 01 ff"],
  ["an address of three bytes", "36 03 c0 00 02 ff"],
  ["an address of five bytes", "36 05 c0 00 02 01 01 ff"],
  ["a lease of two bytes", "33 02 00 01 ff"],
  ["a router list of five bytes", "03 05 c0 00 02 01 c0 ff"],
  ["an empty router list", "03 00 ff"],
  ["an odd architecture list", "5d 03 00 07 00 ff"],
  ["a search list whose name does not end", "77 02 01 61 ff"],
  ["a search list that points forward", "77 02 c0 00 ff"],
  ["a search list with a label of 64", `77 42 40${" 61".repeat(64)} 00 ff`],
  ["a route with a prefix of 33 bits", "79 0a 21 01 02 03 04 05 c0 00 02 01 ff"],
  ["a route cut off", "79 04 00 c0 00 02 ff"],
  ["an overload of 4", "34 01 04 ff"],
  ["an overload of two bytes", "34 02 00 01 ff"],
];
for (const [what, bytes] of malformed) {
  test(`decodeOptions() refuses ${what}`, () => {
    expect(() => decoded(bytes)).toThrow(DecodeError);
  });
}

test("decodeOptions() throws nothing but DecodeError on noise", () => {
  const field = fc.uint8Array({ maxLength: 400 }).map((bytes) => ({ bytes, offset: 0 }));
  fc.assert(
    fc.property(field, field, field, (options, file, serverName) => {
      try {
        decodeOptions(options, { file, serverName });
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 2_000 },
  );
});
