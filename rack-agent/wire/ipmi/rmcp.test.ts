import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { DecodeError } from "../byte_reader.ts";
import { decodeRmcp, encodeRmcp } from "./rmcp.ts";

const datagram = hex(`
  06        # RMCP version 1.0
  00        # reserved
  ff        # no acknowledge wanted
  07        # class: IPMI
  aa bb     # body`);

test("encodeRmcp() puts the four bytes in front", () => {
  expect(encodeRmcp("ipmi", hex("aabb"))).toEqual(datagram);
  expect(encodeRmcp("asf", hex(""))).toEqual(hex("06 00 ff 06"));
});

test("decodeRmcp() takes them off, whatever the sequence number", () => {
  expect(decodeRmcp(datagram)).toEqual({ messageClass: "ipmi", body: hex("aabb") });
  expect(decodeRmcp(hex("06 00 2a 06"))).toEqual({ messageClass: "asf", body: hex("") });
});

for (
  const [what, bytes] of [
    ["nothing", ""],
    ["a cut header", "06 00 ff"],
    ["another version", "05 00 ff 07 aa"],
    ["an acknowledge", "06 00 00 87"],
    ["an OEM class", "06 00 ff 08"],
  ] as const
) {
  test(`decodeRmcp() refuses ${what}`, () => {
    expect(() => decodeRmcp(hex(bytes))).toThrow(DecodeError);
  });
}
