import fc from "fast-check";
import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { ByteWriter } from "../byte_writer.ts";
import { CIPHER_SUITES } from "./cipher_suites.ts";
import { hmac, type SessionKeys } from "./rakp_keys.ts";
import { decryptPayload, encryptPayload, openPacket, sealPacket } from "./sealed_packet.ts";
import { decodeSessionPacket, encodeRmcpPlus, PAYLOAD } from "./session_header.ts";

// The session of rakp_keys.test.ts with cipher suite 3.
const keys: SessionKeys = {
  suite: CIPHER_SUITES[3],
  integrityKey: hex("d12648dd0992b574a6e115839dfe9f659095796c"),
  encryptionKey: hex("832ebbaf3af184eed7abdcadc22674a0"),
};

const iv = hex("e201c9950c6317693a8fb788d47c18a2");
const setPrivilege = hex("20 18 c8 81 04 3b 04 3c"); // set session privilege level: administrator

// ipmitool 1.8.19 sent this as its first packet of the session, OpenIPMI's simulator answered so.
const sent = hex(`
  06 c0 82 0e 00 00 03 00 00 00 20 00               # RMCP+, BMC's session, sequence 3, 32 bytes
  e2 01 c9 95 0c 63 17 69 3a 8f b7 88 d4 7c 18 a2   # initialization vector
  3b 8c aa 2d 30 0a fe e8 d1 d3 4c f2 70 d2 38 97   # the message, encrypted
  ff ff 02 07                                       # pad, pad length, next header
  43 cc ec bd 29 49 b0 4c 5d b1 79 9b               # HMAC-SHA1-96`);
const received = hex(`
  06 c0 a4 a3 a2 a0 01 00 00 00 20 00               # RMCP+, console's session, sequence 1
  27 7d 09 d5 0b e9 17 c5 10 51 bb c4 97 6f 27 52
  b3 c9 bc 82 16 62 59 ec df 1c 92 19 f2 17 00 71
  ff ff 02 07
  1f 80 b2 4b 55 81 50 a8 da ad 71 c8`);

function open(body: Uint8Array) {
  const packet = decodeSessionPacket(body);
  if (packet.kind !== "rmcp_plus") throw new Error("not RMCP+");
  return openPacket(body, packet, keys);
}

test("sealPacket() writes what ipmitool wrote, byte for byte", () => {
  const packet = { payloadType: PAYLOAD.ipmi, sessionId: 0x0e82, sequence: 3 };
  expect(sealPacket({ ...packet, payload: setPrivilege }, keys, iv)).toEqual(sent);
});

test("sealPacket() writes what ipmitool wrote with cipher suite 17", () => {
  const own: SessionKeys = {
    suite: CIPHER_SUITES[17],
    integrityKey: hex("127b635d8fc1701791e7a2a268f2a6e7076f5e054d5e3016675844ba51e66c28"),
    encryptionKey: hex("e5e0be2c18283703d39c2402e6670395"),
  };
  const packet = { payloadType: PAYLOAD.ipmi, sessionId: 0x01020302, sequence: 3 };
  const iv17 = hex("99c3ef05f660da79e761a0d3ceafde94");
  expect(sealPacket({ ...packet, payload: setPrivilege }, own, iv17)).toEqual(hex(`
    06 c0 02 03 02 01 03 00 00 00 20 00               # RMCP+, BMC's session, sequence 3, 32 bytes
    99 c3 ef 05 f6 60 da 79 e7 61 a0 d3 ce af de 94   # initialization vector
    97 2e 04 b6 e9 f2 ae ce 1e 0a 40 41 0c ed 0f c5   # the message, encrypted
    ff ff 02 07                                       # pad, pad length, next header
    5a ac ad a7 aa 99 aa 42 ae a6 3b 09 84 1a 26 83   # HMAC-SHA256-128`));
});

test("openPacket() reads the simulator's answer", () => {
  const payload = hex(`
    81 1c 63 20 04 3b   # to the console: set session privilege level
    00 04               # done: administrator
    9d                  # checksum`);
  expect(open(received)).toEqual({ kind: "opened", payload });
});

test("openPacket() refuses every flipped bit", () => {
  for (let bit = 16; bit < received.length * 8; bit++) {
    const broken = received.slice();
    broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    let result: unknown;
    try {
      result = open(broken);
    } catch (error) {
      result = error; // a flipped length no longer decodes
    }
    expect(result, `bit ${bit}`).not.toHaveProperty("payload");
  }
});

test("openPacket() refuses a packet without encryption or signature", () => {
  for (const typeByte of [0x00, 0x40, 0x80]) {
    expect(open(received.with(1, typeByte))).toEqual({ kind: "refused", reason: "not_sealed" });
  }
});

test("openPacket() refuses a missing, a short and a long signature", () => {
  for (const cut of [1, 12, 15, 16]) {
    expect(open(received.subarray(0, -cut))).toEqual({ kind: "refused", reason: "bad_integrity" });
  }
  const long = new ByteWriter().bytes(received).u8(0).finish();
  expect(open(long)).toEqual({ kind: "refused", reason: "bad_integrity" });
});

/** A packet whose signature is right, around whatever payload and trailer. */
function sign(payload: Uint8Array, trailer: Uint8Array): Uint8Array {
  const head = encodeRmcpPlus({
    payloadType: PAYLOAD.ipmi,
    isEncrypted: true,
    isAuthenticated: true,
    sessionId: 1,
    sequence: 1,
    payload,
  });
  const signed = new ByteWriter().bytes(head).bytes(trailer).finish();
  const code = hmac(keys.suite, keys.integrityKey, signed).subarray(0, 12);
  return new ByteWriter().bytes(signed).bytes(code).finish();
}

test("openPacket() refuses wrong padding inside and out, even when it is signed", () => {
  const good = encryptPayload(setPrivilege, keys.encryptionKey, iv);
  expect(open(sign(good, hex("ffff 02 07"))).kind).toBe("opened");
  for (const trailer of ["ffff 01 07", "ffff 02 06", "03 07"]) {
    expect(open(sign(good, hex(trailer)))).toEqual({ kind: "refused", reason: "bad_padding" });
  }
  for (const payload of [good.subarray(0, 16), good.subarray(0, 31), hex("")]) {
    expect(open(sign(payload, hex("ffff 02 07")))).toEqual({
      kind: "refused",
      reason: "bad_padding",
    });
  }
});

test("decryptPayload() refuses padding that does not count up", () => {
  // Found as bytes, not made by encryptPayload(): 13 bytes, pad 01 03, pad length 2.
  const plain = new Uint8Array(16).with(13, 1).with(14, 3).with(15, 2);
  expect(decryptPayload(encryptBlock(plain), keys.encryptionKey)).toBeUndefined();
  expect(decryptPayload(encryptBlock(plain.with(14, 2)), keys.encryptionKey)).toHaveLength(13);
  expect(decryptPayload(encryptBlock(plain.with(15, 200)), keys.encryptionKey)).toBeUndefined();
});

test("decryptPayload() refuses a pad of a block and more, though it counts up", () => {
  const plain = Uint8Array.from({ length: 32 }, (_, index) => Math.max(0, index - 10));
  expect(decryptPayload(encryptBlock(plain.with(31, 20)), keys.encryptionKey)).toBeUndefined();
});

/** Whole blocks as they are: encrypts them with a block of padding and leaves that away. */
function encryptBlock(blocks: Uint8Array): Uint8Array {
  return encryptPayload(blocks, keys.encryptionKey, iv).subarray(0, 16 + blocks.length);
}

test("payloads of every length survive encryption", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (plain) => {
    const sealed = encryptPayload(plain, keys.encryptionKey, iv);
    expect(sealed.length % 16).toBe(0);
    expect(decryptPayload(sealed, keys.encryptionKey)).toEqual(plain);
  }));
});

test("packets of every length survive sealing, with both cipher suites", () => {
  fc.assert(fc.property(
    fc.constantFrom(3 as const, 17 as const),
    fc.uint8Array({ maxLength: 100 }),
    (id, payload) => {
      const own = { ...keys, suite: CIPHER_SUITES[id] };
      const head = { payloadType: PAYLOAD.ipmi, sessionId: 9, sequence: 7, payload };
      const body = sealPacket(head, own, iv);
      const packet = decodeSessionPacket(body);
      if (packet.kind !== "rmcp_plus") throw new Error("not RMCP+");
      expect((body.length - own.suite.signatureBytes) % 4).toBe(0);
      expect(openPacket(body, packet, own)).toEqual({ kind: "opened", payload });
    },
  ));
});
