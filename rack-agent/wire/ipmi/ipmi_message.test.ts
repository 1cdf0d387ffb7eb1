import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { DecodeError } from "../byte_reader.ts";
import { decodeIpmiMessage, encodeIpmiMessage } from "./ipmi_message.ts";

// ipmitool 1.8.19 asking OpenIPMI's simulator for the chassis status, and its answer.
const request = hex(`
  20        # to: the BMC
  00        # netFn 0 (chassis request), LUN 0
  e0        # checksum of the two bytes before
  81        # from: remote console 1
  18        # sequence 6, LUN 0
  01        # command: get chassis status
  66        # checksum of the three bytes before`);
const response = hex(`
  81 04 7b              # to: the console, netFn 1 (chassis response), checksum
  20 18 01              # from: the BMC, sequence 6, command
  00 01 00 00           # completion code 0, power on, no event, no state
  c6                    # checksum`);

test("encodeIpmiMessage() writes a request byte for byte", () => {
  const message = { to: 0x20, from: 0x81, netFn: 0, sequence: 6, command: 1, body: hex("") };
  expect(encodeIpmiMessage(message)).toEqual(request);
  expect(decodeIpmiMessage(request)).toEqual(message);
});

test("decodeIpmiMessage() reads a response, completion code first", () => {
  expect(decodeIpmiMessage(response)).toEqual({
    to: 0x81,
    from: 0x20,
    netFn: 1,
    sequence: 6,
    command: 1,
    body: hex("00 01 00 00"),
  });
});

test("decodeIpmiMessage() refuses every message cut short", () => {
  for (let length = 0; length < response.length; length++) {
    expect(() => decodeIpmiMessage(response.subarray(0, length))).toThrow(DecodeError);
  }
});

test("decodeIpmiMessage() refuses every flipped bit", () => {
  for (let bit = 0; bit < response.length * 8; bit++) {
    const broken = response.slice();
    broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => decodeIpmiMessage(broken)).toThrow(DecodeError);
  }
});
