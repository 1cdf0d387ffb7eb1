/** Who sent a packet of an IPMI 1.5 session, IPMI 2.0 §22.17.1. */

import { ByteWriter } from "../byte_writer.ts";
import { keyedMd5, sameBytes } from "./rakp_keys.ts";
import { encodeSignedV15, type SignedV15Packet, V15_AUTH } from "./session_header.ts";

/** Of a password in IPMI 1.5; shorter ones are filled up with zeros. */
export const V15_PASSWORD_BYTES = 16;

/** The key that signs: the password, 16 bytes of it. */
export function v15Key(password: Uint8Array): Uint8Array {
  const key = new Uint8Array(V15_PASSWORD_BYTES);
  key.set(password.subarray(0, V15_PASSWORD_BYTES));
  return key;
}

/** Signs and encodes one packet. */
export function signV15(
  packet: Pick<SignedV15Packet, "sequence" | "sessionId" | "payload">,
  key: Uint8Array,
): Uint8Array {
  return encodeSignedV15({ ...packet, authType: V15_AUTH.md5, authCode: authCodeOf(packet, key) });
}

/** True when somebody signed it who knows the key. */
export function isV15Genuine(packet: SignedV15Packet, key: Uint8Array): boolean {
  return sameBytes(packet.authCode, authCodeOf(packet, key));
}

function authCodeOf(
  { sequence, sessionId, payload }: Pick<SignedV15Packet, "sequence" | "sessionId" | "payload">,
  key: Uint8Array,
): Uint8Array {
  const signed = new ByteWriter().u32LE(sessionId).bytes(payload).u32LE(sequence).finish();
  return keyedMd5(key, signed);
}
