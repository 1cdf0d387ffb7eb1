import { ByteReader, DecodeError } from "../byte_reader.ts";
import { ByteWriter } from "../byte_writer.ts";

/** RMCP+ payload types, IPMI 2.0 §13.27.3. */
export const PAYLOAD = {
  ipmi: 0x00,
  openSessionRequest: 0x10,
  openSessionResponse: 0x11,
  rakp1: 0x12,
  rakp2: 0x13,
  rakp3: 0x14,
  rakp4: 0x15,
} as const;

/** Authentication types of IPMI 1.5, IPMI 2.0 table 13-8; only MD5 is used here. */
export const V15_AUTH = { none: 0x00, md2: 0x01, md5: 0x02, password: 0x04, oem: 0x05 } as const;

const AUTH_NONE = V15_AUTH.none;
const AUTH_CODE_BYTES = 16;
const AUTH_RMCP_PLUS = 0x06;
const ENCRYPTED = 0x80;
const AUTHENTICATED = 0x40;
const OEM_PAYLOAD = 0x02;

/** What follows the RMCP header. In `v15` no session exists yet; `rmcp_plus` is IPMI 2.0. */
export type SessionPacket =
  | { readonly kind: "v15"; readonly payload: Uint8Array }
  | SignedV15Packet
  | RmcpPlusPacket;

/** A packet of an IPMI 1.5 session with its authentication code, IPMI 2.0 §13.6. */
export interface SignedV15Packet {
  readonly kind: "signed_v15";
  readonly authType: number; // one of V15_AUTH
  readonly sequence: number;
  readonly sessionId: number;
  readonly authCode: Uint8Array; // 16 bytes
  readonly payload: Uint8Array;
}

/** An RMCP+ packet as on the wire: still encrypted, its signature not checked yet. */
export interface RmcpPlusPacket {
  readonly kind: "rmcp_plus";
  readonly payloadType: number; // one of PAYLOAD, without the two flag bits
  readonly isEncrypted: boolean;
  readonly isAuthenticated: boolean;
  readonly sessionId: number; // the receiver's; 0 before the session is open
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly trailer: Uint8Array; // integrity pad, its length, next header, signature; may be empty
}

/** A message outside any session in the IPMI 1.5 wrapper, IPMI 2.0 §13.6. */
export function encodeV15(payload: Uint8Array): Uint8Array {
  return new ByteWriter()
    .u8(AUTH_NONE)
    .u32LE(0) // session sequence
    .u32LE(0) // session id
    .u8(payload.length)
    .bytes(payload)
    .finish();
}

/** A packet of an IPMI 1.5 session, IPMI 2.0 §13.6. */
export function encodeSignedV15(packet: Omit<SignedV15Packet, "kind">): Uint8Array {
  return new ByteWriter()
    .u8(packet.authType)
    .u32LE(packet.sequence)
    .u32LE(packet.sessionId)
    .bytes(packet.authCode)
    .u8(packet.payload.length)
    .bytes(packet.payload)
    .finish();
}

/** An RMCP+ header and payload without trailer, IPMI 2.0 §13.6; `payload` may be encrypted. */
export function encodeRmcpPlus(packet: Omit<RmcpPlusPacket, "kind" | "trailer">): Uint8Array {
  const flags = (packet.isEncrypted ? ENCRYPTED : 0) | (packet.isAuthenticated ? AUTHENTICATED : 0);
  return new ByteWriter()
    .u8(AUTH_RMCP_PLUS)
    .u8(packet.payloadType | flags)
    .u32LE(packet.sessionId)
    .u32LE(packet.sequence)
    .u16LE(packet.payload.length)
    .bytes(packet.payload)
    .finish();
}

/** A message of session establishment: session id and sequence are zero, IPMI 2.0 §13.27.4. */
export function encodeSetup(payloadType: number, payload: Uint8Array): Uint8Array {
  const isPlain = { isEncrypted: false, isAuthenticated: false };
  return encodeRmcpPlus({ payloadType, ...isPlain, sessionId: 0, sequence: 0, payload });
}

/** Splits the body of an RMCP datagram of class IPMI. DecodeError on other authentication types. */
export function decodeSessionPacket(body: Uint8Array): SessionPacket {
  const reader = new ByteReader(body);
  const authType = reader.u8();
  if (authType === AUTH_NONE) {
    reader.take(8); // sequence and session id: nothing depends on them outside a session
    return { kind: "v15", payload: reader.take(reader.u8()) };
  }
  if (authType === V15_AUTH.md5) return decodeSignedV15(reader, authType);
  if (authType !== AUTH_RMCP_PLUS) {
    throw new DecodeError(0, `authentication type ${authType} was never asked for`);
  }
  return decodeRmcpPlus(reader);
}

function decodeSignedV15(reader: ByteReader, authType: number): SignedV15Packet {
  return {
    kind: "signed_v15",
    authType,
    sequence: reader.u32LE(),
    sessionId: reader.u32LE(),
    authCode: reader.take(AUTH_CODE_BYTES),
    payload: reader.take(reader.u8()),
  };
}

function decodeRmcpPlus(reader: ByteReader): RmcpPlusPacket {
  const typeByte = reader.u8();
  const payloadType = typeByte & 0x3f;
  if (payloadType === OEM_PAYLOAD) throw new DecodeError(1, "an OEM payload was never asked for");
  return {
    kind: "rmcp_plus",
    payloadType,
    isEncrypted: (typeByte & ENCRYPTED) !== 0,
    isAuthenticated: (typeByte & AUTHENTICATED) !== 0,
    sessionId: reader.u32LE(),
    sequence: reader.u32LE(),
    payload: reader.take(reader.u16LE()),
    trailer: reader.rest(),
  };
}
