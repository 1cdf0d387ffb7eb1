import fc from "fast-check";
import { expect, test } from "vitest";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { hex } from "@/test/hex.ts";
import { checksum, encodeIpPacket } from "./ip_packet.ts";

const source = { address: parseIpv4("192.0.2.1"), port: 67 };
const destination = { address: parseIpv4("192.0.2.10"), port: 68 };

test("encodeIpPacket() writes both headers byte for byte", () => {
  // Sums by hand. IP: 4500+001f+0000+4000+4011+c000+0201+c000+020a = 2493b -> 493d, complement b6c2.
  // UDP: c000+0201+c000+020a+0011+000b (pseudo) +0043+0044+000b+6162+6300 = 2491b -> 491d, b6e2.
  expect(encodeIpPacket({ source, destination, payload: hex("61 62 63") })).toEqual(hex(`
    45 00 00 1f  # version 4, 20 header bytes; 31 bytes in all
    00 00 40 00  # id; do not fragment
    40 11 b6 c2  # 64 hops, UDP, header checksum
    c0 00 02 01  # from 192.0.2.1
    c0 00 02 0a  # to 192.0.2.10
    00 43 00 44  # port 67 to 68
    00 0b b6 e2  # 11 bytes, checksum
    61 62 63`));
});

test("checksum() is RFC 1071's example", () => {
  expect(checksum(hex("00 01 f2 03 f4 f5 f6 f7"))).toBe(0xffff - 0xddf2);
});

test("encodeIpPacket() makes checksums that check, whatever is sent", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (payload) => {
    const packet = encodeIpPacket({ source, destination, payload });
    expect(checksum(packet.subarray(0, 20))).toBe(0);
    const udp = packet.subarray(20);
    const pseudo = [...packet.subarray(12, 20), 0, 17, udp.length >> 8, udp.length & 255];
    expect(checksum(Uint8Array.of(...pseudo, ...udp))).toBe(0);
    expect([udp[6], udp[7]]).not.toEqual([0, 0]); // 0 would mean there is none
  }));
});
