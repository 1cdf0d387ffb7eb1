import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { DecodeError } from "../byte_reader.ts";
import { CIPHER_SUITES } from "./cipher_suites.ts";
import {
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  encodeOpenSessionRequest,
  encodeOpenSessionResponse,
} from "./open_session.ts";

const suite3 = { authentication: 1, integrity: 1, confidentiality: 1 };

// ipmitool 1.8.19 and OpenIPMI's simulator agreeing on cipher suite 3.
const request = hex(`
  00 00 00 00               # tag 0, highest privilege the suite allows, reserved
  a4 a3 a2 a0               # session id of the console, little-endian
  00 00 00 08 01 00 00 00   # authentication: 8 bytes, RAKP-HMAC-SHA1
  01 00 00 08 01 00 00 00   # integrity: HMAC-SHA1-96
  02 00 00 08 01 00 00 00   # encryption: AES-CBC-128`);
const response = hex(`
  00 00 00 00               # tag 0, status 0, highest privilege, reserved
  a4 a3 a2 a0               # session id of the console
  02 00 00 00               # session id of the BMC
  00 00 00 08 01 00 00 00
  01 00 00 08 01 00 00 00
  02 00 00 08 01 00 00 00`);

test("encodeOpenSessionRequest() writes cipher suite 3 byte for byte", () => {
  const algorithms = CIPHER_SUITES[3];
  const wanted = { tag: 0, maxPrivilege: 0, consoleSessionId: 0xa0a2a3a4, algorithms };
  expect(encodeOpenSessionRequest(wanted)).toEqual(request);
  expect(decodeOpenSessionRequest(request)).toEqual({ ...wanted, algorithms: suite3 });
});

test("encodeOpenSessionRequest() writes cipher suite 17 with SHA-256 twice", () => {
  const algorithms = CIPHER_SUITES[17];
  const bytes = encodeOpenSessionRequest({
    tag: 0,
    maxPrivilege: 0,
    consoleSessionId: 1,
    algorithms,
  });
  expect(bytes.subarray(8)).toEqual(hex(`
    00 00 00 08 03 00 00 00   # RAKP-HMAC-SHA256
    01 00 00 08 04 00 00 00   # HMAC-SHA256-128
    02 00 00 08 01 00 00 00   # AES-CBC-128`));
});

test("decodeOpenSessionResponse() reads both session ids", () => {
  expect(decodeOpenSessionResponse(response)).toEqual({
    kind: "accepted",
    tag: 0,
    consoleSessionId: 0xa0a2a3a4,
    bmcSessionId: 2,
    algorithms: suite3,
  });
});

test("decodeOpenSessionResponse() reads a refusal of two bytes, as OpenIPMI's simulator sends it", () => {
  const refusal = { kind: "refused", tag: 0, status: 0x04 } as const;
  expect(decodeOpenSessionResponse(hex("00 04"))).toEqual(refusal);
  expect(decodeOpenSessionResponse(hex("00 04 00 00 a4a3a2a0"))).toEqual(refusal);
  expect(encodeOpenSessionResponse(refusal)).toEqual(hex("00 04"));
});

test("encodeOpenSessionResponse() is read back", () => {
  const accepted = decodeOpenSessionResponse(response);
  expect(decodeOpenSessionResponse(encodeOpenSessionResponse(accepted))).toEqual(accepted);
});

test("decodeOpenSessionResponse() refuses every response cut short", () => {
  for (let length = 2; length < response.length; length++) {
    expect(() => decodeOpenSessionResponse(response.subarray(0, length))).toThrow(DecodeError);
  }
});

test("decodeOpenSessionResponse() refuses session id 0 and records out of order", () => {
  expect(() => decodeOpenSessionResponse(response.with(8, 0))).toThrow("reserved");
  expect(() => decodeOpenSessionResponse(response.with(12, 1))).toThrow("authentication record");
  expect(() => decodeOpenSessionResponse(response.with(23, 9))).toThrow("9 bytes");
});
