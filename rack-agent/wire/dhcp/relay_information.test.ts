import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { hex } from "@/test/hex.ts";
import { decodeRelayInformation } from "./relay_information.ts";

test("decodeRelayInformation() reads port, switch, link and server, and skips the rest", () => {
  const value = hex(`
    01 04 65 74 68 30 # 1 circuit id "eth0"
    02 02 aa bb       # 2 remote id
    97 01 00          # 151, a vendor's
    05 04 c6 33 64 00 # 5 link selection 198.51.100.0
    0b 04 c0 00 02 02 # 11 server identifier override 192.0.2.2`);
  expect(decodeRelayInformation(value)).toEqual({
    circuitId: hex("65 74 68 30"),
    remoteId: hex("aa bb"),
    linkSelection: "198.51.100.0",
    serverIdOverride: "192.0.2.2",
  });
});

for (const bad of ["01", "01 02 61", "05 03 c6 33 64", "0b 05 c0 00 02 02 00"]) {
  test(`decodeRelayInformation() refuses ${bad}`, () => {
    expect(() => decodeRelayInformation(hex(bad))).toThrow(DecodeError);
  });
}

test("decodeRelayInformation() throws nothing but DecodeError on noise", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (value) => {
    try {
      decodeRelayInformation(value);
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
    }
  }));
});
