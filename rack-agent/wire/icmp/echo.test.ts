import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { hex } from "@/test/hex.ts";
import { decodeEchoReply, encodeEchoRequest } from "./echo.ts";

// What a Linux 6.18 kernel answered between two network namespaces, by tcpdump; its request below.
const REPLY = hex(`
  45 00 00 1c 91 c9 00 00 40 01 d4 6c 0a 51 00 09 0a 51 00 01  # 10.81.0.9 to 10.81.0.1
  00 00 d9 c9 26 35 00 01                                      # reply, identifier 0x2635`);

test("encodeEchoRequest() is a request whose checksum checks", () => {
  expect(encodeEchoRequest({ identifier: 0x2635, sequence: 1 })).toEqual(
    hex("08 00 d1 c9 26 35 00 01"),
  );
});

test("decodeEchoReply() says who answered what", () => {
  expect(decodeEchoReply(REPLY)).toEqual({ source: "10.81.0.9", identifier: 0x2635 });
});

test("IPv4 options are passed over", () => {
  const packet = Uint8Array.of(0x46, ...REPLY.subarray(1, 20), 1, 1, 1, 0, ...REPLY.subarray(20));
  expect(decodeEchoReply(packet).identifier).toBe(0x2635);
});

test("every shorter packet, a request and other protocols are refused", () => {
  for (let length = 0; length < REPLY.length; length++) {
    expect(() => decodeEchoReply(REPLY.subarray(0, length)), `${length}`).toThrow(DecodeError);
  }
  expect(() => decodeEchoReply(REPLY.with(20, 8))).toThrow("ICMP type 8, not a reply");
  expect(() => decodeEchoReply(REPLY.with(9, 17))).toThrow("protocol 17, not ICMP");
  expect(() => decodeEchoReply(REPLY.with(0, 0x41))).toThrow("ICMP cut off");
});

test("noise is refused or read, and nothing else is thrown", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    try {
      decodeEchoReply(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
    }
  }));
});
