import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import * as captures from "@/test/captures/dhcp_requests.ts";
import { hex } from "@/test/hex.ts";
import { decodePacket, type DhcpPacket, encodePacket, NO_ADDRESS } from "./packet.ts";

const zeros = (bytes: number) => "00 ".repeat(bytes);

const offer: DhcpPacket = {
  op: "reply",
  hardwareType: 1,
  hops: 0,
  transactionId: 0xdeadbeef,
  secs: 0,
  wantsBroadcast: true,
  clientAddress: NO_ADDRESS,
  yourAddress: parseIpv4("192.0.2.10"),
  serverAddress: parseIpv4("192.0.2.1"),
  relayAddress: parseIpv4("198.51.100.1"),
  mac: parseMacAddress("52:54:00:77:00:01"),
  serverName: "srv",
  bootFile: "a.efi",
  options: { messageType: 2, serverId: parseIpv4("192.0.2.1") },
};
const offerBytes = hex(`
  02 01 06 00                          # reply, Ethernet, 6 address bytes, hops
  de ad be ef                          # transaction id
  00 00 80 00                          # secs; flags: broadcast
  00 00 00 00                          # ciaddr
  c0 00 02 0a                          # yiaddr 192.0.2.10
  c0 00 02 01                          # siaddr 192.0.2.1
  c6 33 64 01                          # giaddr 198.51.100.1
  52 54 00 77 00 01 ${zeros(10)}       # chaddr
  73 72 76 ${zeros(61)}                # sname "srv"
  61 2e 65 66 69 ${zeros(123)}         # file "a.efi"
  63 82 53 63                          # magic cookie
  35 01 02                             # 53 message type: OFFER
  36 04 c0 00 02 01                    # 54 server id: 192.0.2.1
  ff                                   # end
  ${zeros(50)}                         # padding to 300 bytes`);

test("encodePacket() writes an OFFER byte for byte, 300 bytes long", () => {
  expect(encodePacket(offer)).toEqual(offerBytes);
  expect(offerBytes).toHaveLength(300);
});

test("decodePacket() reads it back", () => {
  expect(decodePacket(offerBytes)).toEqual(offer);
});

const real: [name: keyof typeof captures, options: DhcpPacket["options"]][] = [
  ["UDHCPC_DISCOVER", { messageType: 1, vendorClass: "udhcp 1.35.0", maxMessageBytes: 576 }],
  ["UDHCPC_REQUEST", { messageType: 3, requestedAddress: parseIpv4("10.77.0.100") }],
  ["DHCLIENT_DISCOVER", { messageType: 1, hostName: "vm" }],
  ["DHCLIENT_REQUEST", { messageType: 3, serverId: parseIpv4("10.77.0.1") }],
  ["IPXE_BIOS_DISCOVER", { messageType: 1, userClasses: ["iPXE"], clientArchitectures: [0] }],
  ["IPXE_BIOS_REQUEST", { messageType: 3, requestedAddress: parseIpv4("10.77.1.100") }],
  ["IPXE_UEFI_DISCOVER", { messageType: 1, userClasses: ["iPXE"], clientArchitectures: [7] }],
  ["IPXE_UEFI_REQUEST", { messageType: 3, maxMessageBytes: 1_472 }],
  ["OVMF_PXE_DISCOVER", { vendorClass: "PXEClient:Arch:00007:UNDI:003000" }],
  ["OVMF_PXE_REQUEST", { messageType: 3, clientArchitectures: [7] }],
  ["OVMF_HTTP_DISCOVER", { vendorClass: "HTTPClient:Arch:00016:UNDI:003000" }],
  ["OVMF_HTTP_REQUEST", { messageType: 3, clientArchitectures: [16] }],
  ["AAVMF_PXE_DISCOVER", {
    vendorClass: "PXEClient:Arch:00011:UNDI:003000",
    clientArchitectures: [11],
  }],
  ["AAVMF_HTTP_DISCOVER", {
    vendorClass: "HTTPClient:Arch:00019:UNDI:003000",
    clientArchitectures: [19],
  }],
];
for (const [name, options] of real) {
  test(`decodePacket() reads ${name}`, () => {
    const packet = decodePacket(captures[name]);
    expect(packet.op).toBe("request");
    expect(packet.mac).toMatch(/^52:54:00:77:0[01]:0[12a]$/);
    expect(packet.options).toMatchObject(options);
    expect(packet.wantsBroadcast).toBe(/^(OVMF|AAVMF)_/.test(name));
  });
}

test("the list above names every capture", () => {
  expect(real.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(captures)));
});

test("what a decoded capture is encoded to decodes to the same", () => {
  for (const [name] of real) {
    const packet = decodePacket(captures[name]);
    expect(decodePacket(encodePacket(packet, 1_500))).toEqual(packet);
  }
});

test("decodePacket() does not take options in file and sname for names", () => {
  const bytes = offerBytes.slice();
  bytes.set(hex("0c 01 61 ff"), 108); // file: 12 host name "a"
  bytes.set(hex("34 01 01 ff"), 240); // 52 overload: file
  expect(decodePacket(bytes)).toMatchObject({
    bootFile: "",
    serverName: "srv",
    options: { hostName: "a" },
  });
});

test("encodePacket() keeps within the client's option 57, and within 576 bytes without", () => {
  const options = { messageType: 2, bootFileName: "f".repeat(250), hostName: "h".repeat(250) };
  expect(encodePacket({ ...offer, options }).length).toBeLessThanOrEqual(576 - 28);
  expect(encodePacket({ ...offer, options }, 1_472).length).toBeGreaterThan(576 - 28);
  expect(encodePacket({ ...offer, options }, 300)).toEqual(encodePacket({ ...offer, options }));
});

test("encodePacket() refuses a boot file that does not fit its field", () => {
  expect(encodePacket({ ...offer, bootFile: "f".repeat(127) })[234]).toBe(0x66);
  expect(() => encodePacket({ ...offer, bootFile: "f".repeat(128) })).toThrow("128 bytes");
});

const changed: [what: string, at: number, value: number][] = [
  ["op 0", 0, 0],
  ["op 3", 0, 3],
  ["hardware type 32, InfiniBand", 1, 32],
  ["hardware addresses of 5 bytes", 2, 5],
  ["hardware addresses of 16 bytes", 2, 16],
  ["another magic cookie", 239, 0x64],
];
for (const [what, at, value] of changed) {
  test(`decodePacket() refuses ${what}`, () => {
    const bytes = offerBytes.slice();
    bytes[at] = value;
    expect(() => decodePacket(bytes)).toThrow(DecodeError);
  });
}

test("decodePacket() refuses every packet cut off before the options", () => {
  for (let length = 0; length < 240; length += 1) {
    expect(() => decodePacket(offerBytes.subarray(0, length))).toThrow(DecodeError);
  }
});

test("decodePacket() throws nothing but DecodeError on damaged captures and noise", () => {
  const damaged = fc.tuple(
    fc.constantFrom(...Object.values(captures)),
    fc.array(fc.tuple(fc.nat(420), fc.nat(255)), { maxLength: 12 }),
    fc.nat(420),
  ).map(([capture, changes, length]) => {
    const bytes = capture.slice(0, Math.max(length, 200));
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 600 })), (bytes) => {
      try {
        expect(encodePacket(decodePacket(bytes)).length).toBeGreaterThanOrEqual(300);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 5_000 },
  );
});
