import { createCipheriv, createDecipheriv } from "node:crypto";
import { ByteWriter } from "../byte_writer.ts";
import { packetSignature, sameBytes, type SessionKeys } from "./rakp_keys.ts";
import { encodeRmcpPlus, type RmcpPlusPacket } from "./session_header.ts";

/** Why a packet inside a session was not believed. */
export type SealFault = "not_sealed" | "bad_integrity" | "bad_padding";

export type Opened =
  | { readonly kind: "opened"; readonly payload: Uint8Array }
  | { readonly kind: "refused"; readonly reason: SealFault };

const BLOCK_BYTES = 16;
const NEXT_HEADER = 0x07; // IPMI 2.0 §13.28.4: always this in IPMI 2.0
const INTEGRITY_PAD = 0xff;

/**
 * Encrypts and signs one payload as the session's suite has it. `iv` is 16 unpredictable bytes.
 *
 * The signature covers everything from the authentication type on, IPMI 2.0 §13.28.4.
 */
export function sealPacket(
  packet: { payloadType: number; sessionId: number; sequence: number; payload: Uint8Array },
  keys: SessionKeys,
  iv: Uint8Array,
): Uint8Array {
  const { isEncrypted, signing } = keys.suite;
  const payload = isEncrypted
    ? encryptPayload(packet.payload, keys.encryptionKey, iv)
    : packet.payload;
  const isAuthenticated = signing !== "none";
  const head = encodeRmcpPlus({ ...packet, isEncrypted, isAuthenticated, payload });
  if (!isAuthenticated) return head;
  const padLength = -(head.length + 2) & 3; // pad length and next header count too
  const signed = new ByteWriter()
    .bytes(head)
    .bytes(new Uint8Array(padLength).fill(INTEGRITY_PAD))
    .u8(padLength)
    .u8(NEXT_HEADER)
    .finish();
  return new ByteWriter().bytes(signed).bytes(packetSignature(keys, signed)).finish();
}

/**
 * Checks the signature, then decrypts. `body` is what `packet` was decoded from.
 *
 * Nothing is decrypted before its signature is right, so padding tells a forger nothing.
 */
export function openPacket(body: Uint8Array, packet: RmcpPlusPacket, keys: SessionKeys): Opened {
  const { isEncrypted, signing, signatureBytes } = keys.suite;
  const isAsAgreed = packet.isEncrypted === isEncrypted &&
    packet.isAuthenticated === (signing !== "none");
  if (!isAsAgreed) return refused("not_sealed");
  if (signing === "none") return unsealed(packet, keys);
  if (packet.trailer.length < signatureBytes + 2) return refused("bad_integrity");
  const signed = body.subarray(0, body.length - signatureBytes);
  if (!sameBytes(packetSignature(keys, signed), body.subarray(signed.length))) {
    return refused("bad_integrity");
  }
  if (!isPadRight(packet.trailer.subarray(0, -signatureBytes))) return refused("bad_padding");
  return unsealed(packet, keys);
}

/** The payload of a packet whose signature, if it must have one, is right. */
function unsealed(packet: RmcpPlusPacket, keys: SessionKeys): Opened {
  const payload = keys.suite.isEncrypted
    ? decryptPayload(packet.payload, keys.encryptionKey)
    : packet.payload.slice();
  return payload ? { kind: "opened", payload } : refused("bad_padding");
}

/** AES-CBC-128 with IPMI's own padding 01 02 03 … and its length, IPMI 2.0 §13.29. */
export function encryptPayload(plain: Uint8Array, key: Uint8Array, iv: Uint8Array): Uint8Array {
  const padLength = -(plain.length + 1) & (BLOCK_BYTES - 1);
  const padded = new ByteWriter()
    .bytes(plain)
    .bytes(Uint8Array.from({ length: padLength }, (_, index) => index + 1))
    .u8(padLength)
    .finish();
  const cipher = createCipheriv("aes-128-cbc", key, iv);
  cipher.setAutoPadding(false);
  return new ByteWriter().bytes(iv).bytes(cipher.update(padded)).bytes(cipher.final()).finish();
}

/** Undoes `encryptPayload`; undefined when the length or the padding is wrong. */
export function decryptPayload(sealed: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  if (sealed.length < 2 * BLOCK_BYTES || sealed.length % BLOCK_BYTES !== 0) return undefined;
  const decipher = createDecipheriv("aes-128-cbc", key, sealed.subarray(0, BLOCK_BYTES));
  decipher.setAutoPadding(false);
  const padded = new ByteWriter()
    .bytes(decipher.update(sealed.subarray(BLOCK_BYTES)))
    .bytes(decipher.final())
    .finish();
  const padLength = padded.at(-1) ?? 0;
  const plainLength = padded.length - 1 - padLength;
  if (padLength >= BLOCK_BYTES || plainLength < 0) return undefined;
  const pad = padded.subarray(plainLength, -1);
  return pad.every((octet, index) => octet === index + 1)
    ? padded.slice(0, plainLength)
    : undefined;
}

/**
 * Checks `trailer` without its signature: pad bytes, their number, next header.
 *
 * The values of the pad bytes are not checked: the signature vouches for them, and not every BMC
 * sends the 0xff of IPMI 2.0 §13.28.4.
 */
function isPadRight(trailer: Uint8Array): boolean {
  return trailer.at(-1) === NEXT_HEADER && trailer.at(-2) === trailer.length - 2;
}

function refused(reason: SealFault): Opened {
  return { kind: "refused", reason };
}
