import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { DecodeError } from "../byte_reader.ts";
import { decodePresencePong, encodePresencePing } from "./asf.ts";

test("encodePresencePing() writes a ping byte for byte", () => {
  expect(encodePresencePing(5)).toEqual(hex(`
    06 00 ff 06     # RMCP, class ASF
    00 00 11 be     # ASF enterprise number 4542
    80              # presence ping
    05              # tag
    00 00           # reserved, no data`));
});

const pong = `
  06 00 ff 06                 # RMCP, class ASF
  00 00 11 be 40 05 00 10     # enterprise 4542, pong, tag 5, reserved, 16 data bytes
  00 00 11 be 00 00 00 00     # enterprise 4542, no OEM data
  81                          # supported entities: IPMI, ASF 1.0
  00 00 00 00 00 00 00        # interactions, reserved`;

test("decodePresencePong() reads the answer of OpenIPMI's simulator", () => {
  expect(decodePresencePong(hex(pong))).toEqual({ tag: 5, iana: 4542, supportsIpmi: true });
});

test("decodePresencePong() sees a host without IPMI", () => {
  expect(decodePresencePong(hex(pong.replace("81  ", "01  "))).supportsIpmi).toBe(false);
});

test("decodePresencePong() refuses a ping, a cut pong and other enterprises", () => {
  expect(() => decodePresencePong(encodePresencePing(5))).toThrow(DecodeError);
  expect(() => decodePresencePong(hex(pong).subarray(0, 20))).toThrow(DecodeError);
  expect(() => decodePresencePong(hex(pong.replace("11 be 40", "11 bf 40")))).toThrow(DecodeError);
});
