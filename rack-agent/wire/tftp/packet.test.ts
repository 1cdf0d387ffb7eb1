import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import * as captures from "@/test/captures/tftp_requests.ts";
import { hex } from "@/test/hex.ts";
import { decodeTftp, encodeTftp, type TftpPacket } from "./packet.ts";

const everyKind: [bytes: string, packet: TftpPacket][] = [
  ["00 01 61 2f 62 00 6f 63 74 65 74 00", {
    kind: "read",
    path: "a/b",
    mode: "octet",
    options: {},
  }],
  ["00 02 75 70 00 6f 63 74 65 74 00", { kind: "write", path: "up", mode: "octet", options: {} }],
  ["00 03 ff fe 61 62", { kind: "data", block: 65_534, payload: hex("61 62") }],
  ["00 03 00 01", { kind: "data", block: 1, payload: hex("") }],
  ["00 04 01 00", { kind: "ack", block: 256 }],
  ["00 05 00 01 6e 6f 00", { kind: "error", code: 1, message: "no" }],
  ["00 06 74 73 69 7a 65 00 39 00", { kind: "oack", options: { tsize: "9" } }],
];
for (const [bytes, packet] of everyKind) {
  test(`${packet.kind} is ${bytes}`, () => {
    expect(encodeTftp(packet)).toEqual(hex(bytes));
    expect(decodeTftp(hex(bytes))).toEqual(packet);
  });
}

const read = { kind: "read", mode: "octet" };
const real: Record<keyof typeof captures, object> = {
  TFTP_HPA_REQUEST: { ...read, path: "undionly.kpxe", options: {} },
  TFTP_HPA_NETASCII_REQUEST: { kind: "read", mode: "netascii", path: "undionly.kpxe", options: {} },
  TFTP_HPA_WRITE_REQUEST: { kind: "write", mode: "octet", path: "up", options: {} },
  ATFTP_WINDOW_REQUEST: {
    ...read,
    path: "snponly.efi",
    options: { tsize: "0", timeout: "3", blksize: "1428", windowsize: "16" },
  },
  CURL_REQUEST: {
    ...read,
    path: "snponly.efi",
    options: { tsize: "0", blksize: "512", timeout: "1" },
  },
  BUSYBOX_REQUEST: { ...read, path: "ipxe.iso", options: { blksize: "1468", tsize: "0" } },
  OVMF_SIZE_REQUEST: {
    ...read,
    path: "snponly.efi",
    options: { tsize: "0", blksize: "1468", windowsize: "4" },
  },
  OVMF_READ_REQUEST: {
    ...read,
    path: "snponly.efi",
    options: { blksize: "1468", windowsize: "4" },
  },
};
for (const [name, bytes] of Object.entries(captures)) {
  test(`decodeTftp() reads ${name}`, () => {
    expect(decodeTftp(bytes)).toEqual(real[name as keyof typeof captures]); // its own keys
  });
}

test("decodeTftp() takes mode and option names in any case, and NULs as padding", () => {
  expect(decodeTftp(hex("00 01 61 00 4f 43 54 45 54 00 42 4c 4b 53 49 5a 45 00 38 00 00 00")))
    .toEqual({ kind: "read", path: "a", mode: "octet", options: { blksize: "8" } });
});

test("decodeTftp() takes an ACK padded to a frame and an error without its NUL", () => {
  expect(decodeTftp(hex("00 04 00 07 00 00 00"))).toEqual({ kind: "ack", block: 7 });
  expect(decodeTftp(hex("00 05 00 08 78"))).toEqual({ kind: "error", code: 8, message: "x" });
});

const malformed: [what: string, bytes: string][] = [
  ["nothing", ""],
  ["half an opcode", "00"],
  ["opcode 0", "00 00 00 01"],
  ["opcode 7", "00 07 00 01"],
  ["a read without a file name", "00 01"],
  ["a read without a mode", "00 01 61 00"],
  ["a mode without its NUL", "00 01 61 00 6f 63"],
  ["an option without a value", "00 01 61 00 6f 00 74 00"],
  ["an option without a name", "00 01 61 00 6f 00 00 38 00"],
  ["a request of 513 bytes", "00 01" + "61".repeat(508) + "00 6f 00"],
  ["data without a block number", "00 03 00"],
  ["65 465 bytes of data", "00 03 00 01" + "00".repeat(65_465)],
  ["an ACK without a block number", "00 04 00"],
  ["an error without a code", "00 05 00"],
];
for (const [what, bytes] of malformed) {
  test(`decodeTftp() refuses ${what}`, () => {
    expect(() => decodeTftp(hex(bytes))).toThrow(DecodeError);
  });
}

test("decodeTftp() throws nothing but DecodeError on noise", () => {
  const noise = fc.tuple(fc.nat(7), fc.uint8Array({ maxLength: 600 }))
    .map(([opcode, rest]) => Uint8Array.of(0, opcode, ...rest));
  fc.assert(
    fc.property(fc.oneof(noise, fc.uint8Array({ maxLength: 40 })), (bytes) => {
      try {
        decodeTftp(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 5_000 },
  );
});
