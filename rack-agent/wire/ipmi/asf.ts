import { ByteReader, DecodeError } from "../byte_reader.ts";
import { ByteWriter } from "../byte_writer.ts";
import { decodeRmcp, encodeRmcp } from "./rmcp.ts";

const ASF_IANA = 4542; // ASF 2.0 §3.2.4.2, in front of every ASF message
const PRESENCE_PING = 0x80; // ASF 2.0 §3.2.4.2.1
const PRESENCE_PONG = 0x40; // ASF 2.0 §3.2.4.2.2
const PONG_DATA_BYTES = 16;
const SUPPORTS_IPMI = 0x80; // bit 7 of "supported entities", IPMI 2.0 §13.2.4

/** What a host on the RMCP port says about itself without a password. */
export interface PresencePong {
  readonly tag: number;
  readonly iana: number;
  readonly supportsIpmi: boolean;
}

/** A whole datagram asking "is there a BMC?". `tag` (0..254) comes back in the pong. */
export function encodePresencePing(tag: number): Uint8Array {
  const body = new ByteWriter().u32(ASF_IANA).u8(PRESENCE_PING).u8(tag).u8(0).u8(0).finish();
  return encodeRmcp("asf", body);
}

/** Reads the answer to a presence ping. DecodeError on anything else. */
export function decodePresencePong(datagram: Uint8Array): PresencePong {
  const { messageClass, body } = decodeRmcp(datagram);
  if (messageClass !== "asf") throw new DecodeError(3, "not an ASF message");
  const reader = new ByteReader(body);
  if (reader.u32() !== ASF_IANA) throw new DecodeError(4, "not the ASF enterprise number");
  const type = reader.u8();
  if (type !== PRESENCE_PONG) throw new DecodeError(8, `ASF message ${type} is not a pong`);
  const tag = reader.u8();
  reader.take(1); // reserved
  const data = new ByteReader(reader.take(expectPongLength(reader.u8())));
  const iana = data.u32();
  data.take(4); // OEM
  return { tag, iana, supportsIpmi: (data.u8() & SUPPORTS_IPMI) !== 0 };
}

function expectPongLength(length: number): number {
  if (length !== PONG_DATA_BYTES) throw new DecodeError(11, `a pong of ${length} data bytes`);
  return length;
}
