import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { decodeSessionPacket } from "./session_header.ts";
import { isV15Genuine, signV15, v15Key } from "./v15_signature.ts";

const key = v15Key(new TextEncoder().encode("secret"));
const packet = { sessionId: 0x04030201, sequence: 0x08070605, payload: hex("20 18 c8 81 04 38") };

test("a signed packet is MD5 over key, session id, message, sequence and key, §22.17.1", () => {
  const signed = hex("01 02 03 04  20 18 c8 81 04 38  05 06 07 08");
  const digest = createHash("md5").update(key).update(signed).update(key).digest();
  expect(signV15(packet, key)).toEqual(Uint8Array.of(
    ...hex("02  05 06 07 08  01 02 03 04"), // MD5, sequence, session id
    ...digest,
    ...hex("06  20 18 c8 81 04 38"),
  ));
});

test("a packet is genuine until a bit of it changes", () => {
  const bytes = signV15(packet, key);
  const isGenuine = (altered: Uint8Array) => {
    const decoded = decodeSessionPacket(altered);
    return decoded.kind === "signed_v15" && isV15Genuine(decoded, key);
  };
  expect(isGenuine(bytes)).toBe(true);
  for (let i = 1; i < bytes.length; i++) {
    if (i === 25) continue; // the length: another length is another packet
    expect(isGenuine(bytes.with(i, (bytes[i] ?? 0) ^ 1)), `byte ${i}`).toBe(false);
  }
});
