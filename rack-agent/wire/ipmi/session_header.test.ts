import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { DecodeError } from "../byte_reader.ts";
import {
  decodeSessionPacket,
  encodeRmcpPlus,
  encodeSetup,
  encodeV15,
  PAYLOAD,
} from "./session_header.ts";

test("encodeV15() wraps a message outside any session", () => {
  expect(encodeV15(hex("20 18 c8 81 00 38 8e 04 b5"))).toEqual(hex(`
    00                          # authentication type: none
    00 00 00 00 00 00 00 00     # session sequence, session id
    09                          # payload length
    20 18 c8 81 00 38 8e 04 b5  # get channel authentication capabilities`));
});

test("decodeSessionPacket() reads it back and ignores the legacy pad byte behind it", () => {
  const wrapped = hex("00 00000000 00000000 02 aabb 00");
  expect(decodeSessionPacket(wrapped)).toEqual({ kind: "v15", payload: hex("aabb") });
});

test("encodeSetup() writes session and sequence zero", () => {
  expect(encodeSetup(PAYLOAD.rakp1, hex("aa"))).toEqual(
    hex(`
    06            # authentication type: RMCP+
    12            # payload: RAKP message 1, neither encrypted nor authenticated
    00 00 00 00   # session id
    00 00 00 00   # sequence
    01 00 aa      # length, little-endian, and payload`),
  );
});

// A sealed packet of ipmitool 1.8.19.
const sealed = hex(`
  06 c0         # RMCP+, payload IPMI, encrypted and authenticated
  82 0e 00 00   # session id of the BMC, little-endian
  03 00 00 00   # sequence 3
  04 00         # payload length
  e2 01 c9 95   # payload
  ff ff 02 07   # trailer: two pad bytes, their number, next header
  43 cc ec bd   # signature`);

test("decodeSessionPacket() splits header, payload and trailer", () => {
  expect(decodeSessionPacket(sealed)).toEqual({
    kind: "rmcp_plus",
    payloadType: PAYLOAD.ipmi,
    isEncrypted: true,
    isAuthenticated: true,
    sessionId: 0x0e82,
    sequence: 3,
    payload: hex("e201c995"),
    trailer: hex("ff ff 02 07 43 cc ec bd"),
  });
});

test("encodeRmcpPlus() writes everything up to the trailer", () => {
  expect(encodeRmcpPlus({
    payloadType: PAYLOAD.ipmi,
    isEncrypted: true,
    isAuthenticated: true,
    sessionId: 0x0e82,
    sequence: 3,
    payload: hex("e201c995"),
  })).toEqual(sealed.subarray(0, 16));
});

for (
  const [what, bytes] of [
    ["nothing", ""],
    ["a cut IPMI 1.5 wrapper", "00 00000000 00000000 05 aabb"],
    ["an MD5 authentication nobody asked for", "02 00000000 00000000 00"],
    ["a payload shorter than its length", "06 11 00000000 00000000 ff00 aa"],
    ["an OEM payload", "06 02 00000000 00000000 0000"],
  ] as const
) {
  test(`decodeSessionPacket() refuses ${what}`, () => {
    expect(() => decodeSessionPacket(hex(bytes))).toThrow(DecodeError);
  });
}
