import { ByteReader, DecodeError } from "../byte_reader.ts";
import { ByteWriter } from "../byte_writer.ts";

/** What an RMCP datagram carries: ASF (presence ping) or IPMI. */
export type RmcpClass = "asf" | "ipmi";

const VERSION = 0x06; // RMCP 1.0, IPMI 2.0 §13.1.3
const NO_ACKNOWLEDGE = 0xff; // IPMI never asks for an RMCP acknowledge, IPMI 2.0 §13.1.3
const CLASS_CODE = { asf: 0x06, ipmi: 0x07 } as const;

/** Puts the four-byte RMCP header in front of `body`. */
export function encodeRmcp(messageClass: RmcpClass, body: Uint8Array): Uint8Array {
  return new ByteWriter()
    .u8(VERSION)
    .u8(0) // reserved
    .u8(NO_ACKNOWLEDGE)
    .u8(CLASS_CODE[messageClass])
    .bytes(body)
    .finish();
}

/**
 * Takes the RMCP header off a datagram. DecodeError on another version or class.
 *
 * The sequence number is ignored: BMCs put 0xff or a counter there, and neither means anything.
 */
export function decodeRmcp(bytes: Uint8Array): { messageClass: RmcpClass; body: Uint8Array } {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) throw new DecodeError(0, `RMCP version ${version} is unknown`);
  reader.take(2); // reserved, sequence
  const code = reader.u8();
  if (code === CLASS_CODE.asf) return { messageClass: "asf", body: reader.rest() };
  if (code === CLASS_CODE.ipmi) return { messageClass: "ipmi", body: reader.rest() };
  throw new DecodeError(3, `RMCP class ${code} is neither ASF nor IPMI`);
}
