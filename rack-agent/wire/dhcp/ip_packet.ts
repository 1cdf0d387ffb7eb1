import { ByteWriter } from "@/rack-agent/wire/byte_writer.ts";
import { type Ipv4, ipv4ToNumber } from "@/shared/net/ipv4.ts";

/** A UDP datagram and where it goes. */
export interface UdpDatagram {
  readonly source: { readonly address: Ipv4; readonly port: number };
  readonly destination: { readonly address: Ipv4; readonly port: number };
  readonly payload: Uint8Array;
}

const IPV4_HEADER_BYTES = 20;
const UDP_HEADER_BYTES = 8;
const VERSION_AND_HEADER_WORDS = 0x45; // RFC 791 §3.1: version 4, five 32-bit words
const DO_NOT_FRAGMENT = 0x4000;
const TTL_HOPS = 64; // RFC 1340's recommended default
const PROTOCOL_UDP = 17;

/**
 * The IPv4 packet for a datagram, checksums included.
 *
 * For a client that has no address yet and so cannot answer ARP: its frame must be addressed by
 * hand, and then nobody else writes the headers (RFC 2131 §4.1).
 */
export function encodeIpPacket(datagram: UdpDatagram): Uint8Array {
  const udp = encodeUdp(datagram);
  const header = ipHeader(datagram, IPV4_HEADER_BYTES + udp.length, 0);
  return new ByteWriter()
    .bytes(ipHeader(datagram, IPV4_HEADER_BYTES + udp.length, checksum(header)))
    .bytes(udp)
    .finish();
}

/** The Internet checksum, RFC 1071: over a header with a right checksum in it, it is 0. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

function ipHeader({ source, destination }: UdpDatagram, totalBytes: number, sum: number) {
  return new ByteWriter()
    .u8(VERSION_AND_HEADER_WORDS).u8(0).u16(totalBytes)
    .u16(0).u16(DO_NOT_FRAGMENT) // RFC 6864 §4.1: an unfragmentable packet needs no id
    .u8(TTL_HOPS).u8(PROTOCOL_UDP).u16(sum)
    .u32(ipv4ToNumber(source.address))
    .u32(ipv4ToNumber(destination.address))
    .finish();
}

function encodeUdp({ source, destination, payload }: UdpDatagram): Uint8Array {
  const udpBytes = UDP_HEADER_BYTES + payload.length;
  const pseudoHeader = new ByteWriter() // RFC 768: addresses, protocol, length
    .u32(ipv4ToNumber(source.address))
    .u32(ipv4ToNumber(destination.address))
    .u8(0).u8(PROTOCOL_UDP).u16(udpBytes)
    .finish();
  const udp = (sum: number) =>
    new ByteWriter()
      .u16(source.port).u16(destination.port).u16(udpBytes).u16(sum)
      .bytes(payload)
      .finish();
  const sum = checksum(new ByteWriter().bytes(pseudoHeader).bytes(udp(0)).finish());
  return udp(sum === 0 ? 0xffff : sum); // RFC 768: 0 would mean "no checksum"
}
