import { ByteReader, DecodeError } from "../byte_reader.ts";
import { ByteWriter } from "../byte_writer.ts";

/** RAKP message 1, IPMI 2.0 §13.20: who wants in. */
export interface Rakp1 {
  readonly tag: number;
  readonly bmcSessionId: number;
  readonly consoleRandom: Uint8Array; // 16 bytes
  readonly role: number; // see roleByte()
  readonly username: Uint8Array; // at most 16 bytes
}

/** RAKP message 2, IPMI 2.0 §13.21: the BMC proves that it knows the password. */
export type Rakp2 = RakpRefusal | {
  readonly kind: "accepted";
  readonly tag: number;
  readonly consoleSessionId: number;
  readonly bmcRandom: Uint8Array; // 16 bytes
  readonly bmcGuid: Uint8Array; // 16 bytes
  readonly authCode: Uint8Array;
};

/** RAKP message 3, IPMI 2.0 §13.22: we prove it too. A `status` other than 0 gives up. */
export interface Rakp3 {
  readonly tag: number;
  readonly status: number;
  readonly bmcSessionId: number;
  readonly authCode: Uint8Array; // empty when giving up
}

/** RAKP message 4, IPMI 2.0 §13.23: the session is open. */
export type Rakp4 = RakpRefusal | {
  readonly kind: "accepted";
  readonly tag: number;
  readonly consoleSessionId: number;
  readonly checkValue: Uint8Array;
};

/** Messages 2 and 4 with a status from `rakp_status.ts`; what follows the status may be missing. */
export interface RakpRefusal {
  readonly kind: "refused";
  readonly tag: number;
  readonly status: number;
}

export const USERNAME_BYTES_MAX = 16; // IPMI 2.0 §13.20

const NAME_ONLY_LOOKUP = 0x10; // IPMI 2.0 §13.20: find the user whatever privilege it has
const RANDOM_BYTES = 16;
const GUID_BYTES = 16;

/** The requested privilege as RAKP message 1 and its HMACs carry it: privilege 1 to 4. */
export function roleByte(privilege: number): number {
  return NAME_ONLY_LOOKUP | privilege;
}

export function encodeRakp1(message: Rakp1): Uint8Array {
  return new ByteWriter()
    .u8(message.tag)
    .u8(0).u16(0) // reserved
    .u32LE(message.bmcSessionId)
    .bytes(message.consoleRandom)
    .u8(message.role)
    .u16(0) // reserved
    .u8(message.username.length)
    .bytes(message.username)
    .finish();
}

/** The BMC's side, for simulators. */
export function decodeRakp1(payload: Uint8Array): Rakp1 {
  const reader = new ByteReader(payload);
  const tag = reader.u8();
  reader.take(3); // reserved
  const bmcSessionId = reader.u32LE();
  const consoleRandom = reader.take(RANDOM_BYTES).slice();
  const role = reader.u8();
  reader.take(2); // reserved
  const length = reader.u8();
  if (length > USERNAME_BYTES_MAX) throw new DecodeError(27, `a user name of ${length} bytes`);
  return { tag, bmcSessionId, consoleRandom, role, username: reader.take(length).slice() };
}

/** The BMC's side, for simulators. */
export function encodeRakp2(message: Rakp2): Uint8Array {
  if (message.kind === "refused") return encodeRefusal(message);
  return new ByteWriter()
    .u8(message.tag)
    .u8(0) // status: no errors
    .u16(0) // reserved
    .u32LE(message.consoleSessionId)
    .bytes(message.bmcRandom)
    .bytes(message.bmcGuid)
    .bytes(message.authCode)
    .finish();
}

export function decodeRakp2(payload: Uint8Array): Rakp2 {
  const reader = new ByteReader(payload);
  const start = decodeReplyStart(reader);
  if (start.kind === "refused") return start;
  return {
    ...start,
    consoleSessionId: reader.u32LE(),
    bmcRandom: reader.take(RANDOM_BYTES).slice(),
    bmcGuid: reader.take(GUID_BYTES).slice(),
    authCode: reader.rest().slice(),
  };
}

export function encodeRakp3(message: Rakp3): Uint8Array {
  return new ByteWriter()
    .u8(message.tag)
    .u8(message.status)
    .u16(0) // reserved
    .u32LE(message.bmcSessionId)
    .bytes(message.authCode)
    .finish();
}

/** The BMC's side, for simulators. */
export function decodeRakp3(payload: Uint8Array): Rakp3 {
  const reader = new ByteReader(payload);
  const tag = reader.u8();
  const status = reader.u8();
  reader.take(2); // reserved
  return { tag, status, bmcSessionId: reader.u32LE(), authCode: reader.rest().slice() };
}

/** The BMC's side, for simulators. */
export function encodeRakp4(message: Rakp4): Uint8Array {
  if (message.kind === "refused") return encodeRefusal(message);
  return new ByteWriter()
    .u8(message.tag)
    .u8(0) // status: no errors
    .u16(0) // reserved
    .u32LE(message.consoleSessionId)
    .bytes(message.checkValue)
    .finish();
}

export function decodeRakp4(payload: Uint8Array): Rakp4 {
  const reader = new ByteReader(payload);
  const start = decodeReplyStart(reader);
  if (start.kind === "refused") return start;
  return { ...start, consoleSessionId: reader.u32LE(), checkValue: reader.rest().slice() };
}

function encodeRefusal(refusal: RakpRefusal): Uint8Array {
  return new ByteWriter().u8(refusal.tag).u8(refusal.status).u16(0).u32LE(0).finish();
}

function decodeReplyStart(
  reader: ByteReader,
): RakpRefusal | { readonly kind: "accepted"; readonly tag: number } {
  const tag = reader.u8();
  const status = reader.u8();
  if (status !== 0) return { kind: "refused", tag, status };
  reader.take(2); // reserved
  return { kind: "accepted", tag };
}
