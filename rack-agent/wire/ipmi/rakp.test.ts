import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { DecodeError } from "../byte_reader.ts";
import {
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
  encodeRakp1,
  encodeRakp2,
  encodeRakp3,
  encodeRakp4,
  roleByte,
} from "./rakp.ts";

// One login of ipmitool 1.8.19 as administrator to OpenIPMI's simulator.
const message1 = hex(`
  00 00 00 00                                       # tag 0, reserved
  02 00 00 00                                       # session id of the BMC
  5e 5c 65 b5 a1 db 21 eb b4 93 8b 36 ce db b2 fa   # random number of the console
  14 00 00                                          # name-only lookup, administrator, reserved
  05 61 64 6d 69 6e                                 # "admin"`);
const message2 = hex(`
  00 00 00 00                                       # tag 0, status 0, reserved
  a4 a3 a2 a0                                       # session id of the console
  3d 9d 72 0e 2c 19 ed 72 d5 40 73 4a d5 82 5f 2d   # random number of the BMC
  a1 23 45 67 89 ab cd ef a1 23 45 67 89 00 00 01   # GUID
  7d 46 40 b6 ff c0 f5 b7 75 db 4d b4 f8 d2 78 bc 16 7a f5 ed  # HMAC-SHA1`);
const message3 = hex(`
  00 00 00 00                                       # tag 0, status 0, reserved
  02 00 00 00                                       # session id of the BMC
  38 70 a0 64 f5 da 19 8f 7a f0 44 ca 60 01 53 60 50 c0 0e 72  # HMAC-SHA1`);
const message4 = hex(`
  00 00 00 00                                       # tag 0, status 0, reserved
  a4 a3 a2 a0                                       # session id of the console
  0e ba a4 b4 59 cb 7d 3d f2 51 4c 76               # check value, HMAC-SHA1-96`);

test("message 1 is written and read byte for byte", () => {
  const message = {
    tag: 0,
    bmcSessionId: 2,
    consoleRandom: hex("5e5c65b5a1db21ebb4938b36cedbb2fa"),
    role: roleByte(4),
    username: new TextEncoder().encode("admin"),
  };
  expect(encodeRakp1(message)).toEqual(message1);
  expect(decodeRakp1(message1)).toEqual(message);
});

test("message 2 is written and read byte for byte", () => {
  const message = {
    kind: "accepted",
    tag: 0,
    consoleSessionId: 0xa0a2a3a4,
    bmcRandom: hex("3d9d720e2c19ed72d540734ad5825f2d"),
    bmcGuid: hex("a123456789abcdefa123456789000001"),
    authCode: hex("7d4640b6ffc0f5b775db4db4f8d278bc167af5ed"),
  } as const;
  expect(encodeRakp2(message)).toEqual(message2);
  expect(decodeRakp2(message2)).toEqual(message);
});

test("message 3 is written and read byte for byte", () => {
  const authCode = hex("3870a064f5da198f7af044ca6001536050c00e72");
  const message = { tag: 0, status: 0, bmcSessionId: 2, authCode };
  expect(encodeRakp3(message)).toEqual(message3);
  expect(decodeRakp3(message3)).toEqual(message);
});

test("message 4 is written and read byte for byte", () => {
  const checkValue = hex("0ebaa4b459cb7d3df2514c76");
  const message = { kind: "accepted", tag: 0, consoleSessionId: 0xa0a2a3a4, checkValue } as const;
  expect(encodeRakp4(message)).toEqual(message4);
  expect(decodeRakp4(message4)).toEqual(message);
});

test("a refusal is read however short it is", () => {
  const refusal = { kind: "refused", tag: 7, status: 0x0d } as const;
  expect(decodeRakp2(hex("07 0d"))).toEqual(refusal);
  // OpenIPMI's simulator sends the whole message 2 behind status 0x0d, "unauthorized name".
  expect(decodeRakp2(hex("070d0000a4a3a2a0b7c46816f726e672a23cf1cb39a82f53"))).toEqual(refusal);
  expect(decodeRakp4(encodeRakp4(refusal))).toEqual(refusal);
  expect(decodeRakp2(encodeRakp2(refusal))).toEqual(refusal);
});

test("messages cut inside their fixed part are refused", () => {
  for (let length = 0; length < 40; length++) {
    expect(() => decodeRakp2(message2.subarray(0, length))).toThrow(DecodeError);
  }
  for (let length = 0; length < 8; length++) {
    expect(() => decodeRakp3(message3.subarray(0, length))).toThrow(DecodeError);
    expect(() => decodeRakp4(message4.subarray(0, length))).toThrow(DecodeError);
  }
  for (let length = 0; length < message1.length; length++) {
    expect(() => decodeRakp1(message1.subarray(0, length))).toThrow(DecodeError);
  }
});

test("decodeRakp1() refuses a user name longer than 16 bytes", () => {
  expect(() => decodeRakp1(message1.with(27, 17))).toThrow("17 bytes");
});
