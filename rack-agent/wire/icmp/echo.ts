import { ByteReader, DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { ByteWriter } from "@/rack-agent/wire/byte_writer.ts";
import { checksum } from "@/rack-agent/wire/dhcp/ip_packet.ts";
import { type Ipv4, ipv4FromNumber } from "@/shared/net/ipv4.ts";

/** RFC 792, "Echo or Echo Reply Message". */
export const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;
const PROTOCOL_ICMP = 1;
const IPV4_HEADER_BYTES_MIN = 20;

/** A question that every host answers. Both numbers are 16 bits, and come back as they are. */
export function encodeEchoRequest(
  { identifier, sequence }: { identifier: number; sequence: number },
): Uint8Array {
  const bytes = new ByteWriter()
    .u8(ECHO_REQUEST).u8(0).u16(0).u16(identifier).u16(sequence)
    .finish();
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(2, checksum(bytes));
  return bytes;
}

/** An answer to it, and from where. */
export interface EchoReply {
  readonly source: Ipv4;
  readonly identifier: number;
}

/**
 * The echo reply in an IPv4 packet, as a raw socket hands it over. Throws DecodeError for anything
 * else; checksums were the kernel's to check.
 */
export function decodeEchoReply(packet: Uint8Array): EchoReply {
  if (packet.length < IPV4_HEADER_BYTES_MIN) throw new DecodeError(0, "IPv4 header cut off");
  const reader = new ByteReader(packet);
  const headerBytes = (reader.u8() & 0x0f) * 4; // RFC 791 §3.1: in 32-bit words
  reader.take(8);
  const protocol = reader.u8();
  if (protocol !== PROTOCOL_ICMP) throw new DecodeError(9, `protocol ${protocol}, not ICMP`);
  reader.take(2);
  const source = ipv4FromNumber(reader.u32());
  if (headerBytes < IPV4_HEADER_BYTES_MIN || packet.length < headerBytes + 8) {
    throw new DecodeError(headerBytes, "ICMP cut off");
  }
  const icmp = new ByteReader(packet.subarray(headerBytes));
  const type = icmp.u8();
  if (type !== ECHO_REPLY) throw new DecodeError(headerBytes, `ICMP type ${type}, not a reply`);
  icmp.take(3);
  return { source, identifier: icmp.u16() };
}
