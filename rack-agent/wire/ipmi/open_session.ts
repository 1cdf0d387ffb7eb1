import { ByteReader, DecodeError } from "../byte_reader.ts";
import { ByteWriter } from "../byte_writer.ts";

/** The three numbers of a cipher suite, IPMI 2.0 tables 13-17 to 13-19. */
export interface Algorithms {
  readonly authentication: number;
  readonly integrity: number;
  readonly confidentiality: number;
}

/** RMCP+ Open Session Request, IPMI 2.0 §13.17: proposes exactly one cipher suite. */
export interface OpenSessionRequest {
  readonly tag: number;
  readonly maxPrivilege: number; // 0: the highest the suite allows
  readonly consoleSessionId: number;
  readonly algorithms: Algorithms;
}

/** RMCP+ Open Session Response, IPMI 2.0 §13.18. */
export type OpenSessionResponse =
  | { readonly kind: "refused"; readonly tag: number; readonly status: number }
  | {
    readonly kind: "accepted";
    readonly tag: number;
    readonly consoleSessionId: number;
    readonly bmcSessionId: number;
    readonly algorithms: Algorithms;
  };

/** Each algorithm is a record of this length: type, two reserved, length, number, three reserved. */
const RECORD_BYTES = 8;
const RECORD_TYPES = ["authentication", "integrity", "confidentiality"] as const; // 0, 1, 2

export function encodeOpenSessionRequest(request: OpenSessionRequest): Uint8Array {
  return new ByteWriter()
    .u8(request.tag)
    .u8(request.maxPrivilege)
    .u16(0) // reserved
    .u32LE(request.consoleSessionId)
    .bytes(encodeAlgorithms(request.algorithms))
    .finish();
}

/** The BMC's side, for simulators. */
export function decodeOpenSessionRequest(payload: Uint8Array): OpenSessionRequest {
  const reader = new ByteReader(payload);
  const tag = reader.u8();
  const maxPrivilege = reader.u8() & 0x0f;
  reader.take(2); // reserved
  const consoleSessionId = reader.u32LE();
  return { tag, maxPrivilege, consoleSessionId, algorithms: decodeAlgorithms(reader) };
}

/** The BMC's side, for simulators. */
export function encodeOpenSessionResponse(response: OpenSessionResponse): Uint8Array {
  const writer = new ByteWriter().u8(response.tag);
  if (response.kind === "refused") return writer.u8(response.status).finish();
  return writer
    .u8(0) // status: no errors
    .u8(4) // highest privilege the suite allows: administrator
    .u8(0) // reserved
    .u32LE(response.consoleSessionId)
    .u32LE(response.bmcSessionId)
    .bytes(encodeAlgorithms(response.algorithms))
    .finish();
}

/**
 * Decodes the answer to an open session request.
 *
 * OpenIPMI's simulator cuts a refusal after the status byte, others pad it: nothing is read there.
 */
export function decodeOpenSessionResponse(payload: Uint8Array): OpenSessionResponse {
  const reader = new ByteReader(payload);
  const tag = reader.u8();
  const status = reader.u8();
  if (status !== 0) return { kind: "refused", tag, status };
  reader.take(2); // highest privilege, reserved
  const consoleSessionId = reader.u32LE();
  const bmcSessionId = reader.u32LE();
  if (bmcSessionId === 0) throw new DecodeError(8, "session id 0 is reserved");
  const algorithms = decodeAlgorithms(reader);
  return { kind: "accepted", tag, consoleSessionId, bmcSessionId, algorithms };
}

function encodeAlgorithms(algorithms: Algorithms): Uint8Array {
  const writer = new ByteWriter();
  RECORD_TYPES.forEach((name, type) =>
    writer.u8(type).u16(0).u8(RECORD_BYTES).u8(algorithms[name]).u8(0).u16(0)
  );
  return writer.finish();
}

function decodeAlgorithms(reader: ByteReader): Algorithms {
  const [authentication = 0, integrity = 0, confidentiality = 0] = RECORD_TYPES.map((name, type) =>
    decodeRecord(reader, name, type)
  );
  return { authentication, integrity, confidentiality };
}

function decodeRecord(reader: ByteReader, name: string, type: number): number {
  const start = reader.offset;
  if (reader.u8() !== type) throw new DecodeError(start, `not the ${name} record`);
  reader.take(2); // reserved
  const length = reader.u8();
  // A length of 0 asks for or means "any", IPMI 2.0 §13.17; the record still takes eight bytes.
  if (length !== RECORD_BYTES && length !== 0) {
    throw new DecodeError(start + 3, `an algorithm record of ${length} bytes`);
  }
  const algorithm = reader.u8() & 0x3f;
  reader.take(3); // reserved
  return algorithm;
}
