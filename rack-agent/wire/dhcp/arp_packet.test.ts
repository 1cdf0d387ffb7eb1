import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { hex } from "@/test/hex.ts";
import { decodeArpSender, encodeArpProbe } from "./arp_packet.ts";

const reply = hex(`
  00 01 08 00 06 04 # Ethernet, IPv4, sizes
  00 02             # reply
  52 54 00 77 00 01 c0 00 02 0a # sender 192.0.2.10
  52 54 00 77 00 02 c0 00 02 01 # target`);

test("encodeArpProbe() asks for an address and claims none", () => {
  expect(encodeArpProbe(parseMacAddress("52:54:00:77:00:02"), parseIpv4("192.0.2.10"))).toEqual(
    hex(`
    00 01 08 00 06 04 00 01
    52 54 00 77 00 02 00 00 00 00
    00 00 00 00 00 00 c0 00 02 0a`),
  );
});

test("decodeArpSender() names who answers", () => {
  expect(decodeArpSender(reply)).toEqual({ mac: "52:54:00:77:00:01", ipv4: "192.0.2.10" });
  const padded = new Uint8Array(46);
  padded.set(reply);
  expect(decodeArpSender(padded).ipv4).toBe("192.0.2.10");
});

test("decodeArpSender() refuses other hardware, protocols and sizes, and what is cut off", () => {
  for (const at of [1, 2, 4, 5]) {
    const bytes = reply.slice();
    bytes[at] = 9;
    expect(() => decodeArpSender(bytes)).toThrow(DecodeError);
  }
  for (let length = 0; length < 28; length++) {
    expect(() => decodeArpSender(reply.subarray(0, length))).toThrow(DecodeError);
  }
});

test("decodeArpSender() throws nothing but DecodeError on noise", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    try {
      decodeArpSender(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
    }
  }));
});
