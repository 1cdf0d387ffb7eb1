import { Buffer } from "node:buffer";
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { ByteWriter } from "../byte_writer.ts";
import type { CipherSuite } from "./cipher_suites.ts";

/** Everything both ends know once RAKP message 2 has arrived. */
export interface RakpExchange {
  readonly suite: CipherSuite;
  readonly userKey: Uint8Array; // K_uid: the password, at most 20 bytes
  readonly bmcKey?: Uint8Array; // K_g; absent: the BMC has none and K_uid takes its place
  readonly role: number;
  readonly username: Uint8Array;
  readonly consoleSessionId: number;
  readonly bmcSessionId: number;
  readonly consoleRandom: Uint8Array;
  readonly bmcRandom: Uint8Array;
  readonly bmcGuid: Uint8Array;
}

/** The keys of one open session. */
export interface SessionKeys {
  readonly suite: CipherSuite;
  readonly integrityKey: Uint8Array; // K1
  readonly encryptionKey: Uint8Array; // the first 16 bytes of K2
}

export const KEY_BYTES_MAX = 20; // of a password and of K_g, IPMI 2.0 §13.31
const CONSTANT_BYTES = 20; // of the constants of K1 and K2, for SHA-256 too, as in every BMC seen
const AES_KEY_BYTES = 16;

/** What the BMC puts in RAKP message 2, IPMI 2.0 §13.31: wrong when the passwords differ. */
export function rakp2AuthCode(exchange: RakpExchange): Uint8Array {
  const input = new ByteWriter()
    .u32LE(exchange.consoleSessionId)
    .u32LE(exchange.bmcSessionId)
    .bytes(exchange.consoleRandom)
    .bytes(exchange.bmcRandom)
    .bytes(exchange.bmcGuid)
    .bytes(identity(exchange));
  return hmac(exchange.suite, exchange.userKey, input.finish());
}

/** What we put in RAKP message 3, IPMI 2.0 §13.31. */
export function rakp3AuthCode(exchange: RakpExchange): Uint8Array {
  const input = new ByteWriter()
    .bytes(exchange.bmcRandom)
    .u32LE(exchange.consoleSessionId)
    .bytes(identity(exchange));
  return hmac(exchange.suite, exchange.userKey, input.finish());
}

/** The session integrity key, IPMI 2.0 §13.31: the one place where K_g enters. */
export function sessionIntegrityKey(exchange: RakpExchange): Uint8Array {
  const input = new ByteWriter()
    .bytes(exchange.consoleRandom)
    .bytes(exchange.bmcRandom)
    .bytes(identity(exchange));
  return hmac(exchange.suite, exchange.bmcKey ?? exchange.userKey, input.finish());
}

/** What the BMC puts in RAKP message 4, IPMI 2.0 §13.31, cut as §13.28.1 says. */
export function rakp4CheckValue(exchange: RakpExchange): Uint8Array {
  const input = new ByteWriter()
    .bytes(exchange.consoleRandom)
    .u32LE(exchange.bmcSessionId)
    .bytes(exchange.bmcGuid);
  const value = hmac(exchange.suite, sessionIntegrityKey(exchange), input.finish());
  return value.subarray(0, exchange.suite.checkBytes);
}

/** K1 and K2, IPMI 2.0 §13.32. */
export function sessionKeys(exchange: RakpExchange): SessionKeys {
  const key = sessionIntegrityKey(exchange);
  const derive = (octet: number) =>
    hmac(exchange.suite, key, new Uint8Array(CONSTANT_BYTES).fill(octet));
  return {
    suite: exchange.suite,
    integrityKey: exchange.suite.signing === "keyed_md5" ? paddedKey(exchange) : derive(1),
    encryptionKey: derive(2).subarray(0, AES_KEY_BYTES),
  };
}

/** HMAC with the suite's hash; empty where the suite has none. */
export function hmac(suite: CipherSuite, key: Uint8Array, input: Uint8Array): Uint8Array {
  if (suite.hash === undefined) return new Uint8Array(0);
  return Uint8Array.from(createHmac(suite.hash, Buffer.from(key)).update(input).digest());
}

/** The signature of one packet of an open session, IPMI 2.0 §13.28.4. */
export function packetSignature(keys: SessionKeys, signed: Uint8Array): Uint8Array {
  const { suite, integrityKey } = keys;
  if (suite.signing === "keyed_md5") return keyedMd5(integrityKey, signed);
  return hmac(suite, integrityKey, signed).subarray(0, suite.signatureBytes);
}

/** MD5 over the message between two copies of the key, IPMI 2.0 §22.17.1. */
export function keyedMd5(key: Uint8Array, message: Uint8Array): Uint8Array {
  const digest = createHash("md5").update(key).update(message).update(key).digest();
  return Uint8Array.from(digest);
}

/** Integrity by MD5-128 is keyed with the password itself, filled up with zeros. */
function paddedKey({ userKey }: RakpExchange): Uint8Array {
  const key = new Uint8Array(KEY_BYTES_MAX);
  key.set(userKey);
  return key;
}

/** Compares in constant time, so that a forger learns nothing from how long a refusal takes. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Role, name length and name: the tail that three of the HMACs share. */
function identity(exchange: RakpExchange): Uint8Array {
  return new ByteWriter()
    .u8(exchange.role)
    .u8(exchange.username.length)
    .bytes(exchange.username)
    .finish();
}
