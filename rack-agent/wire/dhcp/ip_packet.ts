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
export function encodeIpPacket({ source, destination, payload }: UdpDatagram): Uint8Array {
  const udpBytes = UDP_HEADER_BYTES + payload.length;
  const out = new Uint8Array(IPV4_HEADER_BYTES + udpBytes);
  const view = new DataView(out.buffer);
  out[0] = VERSION_AND_HEADER_WORDS;
  view.setUint16(2, out.length);
  view.setUint16(6, DO_NOT_FRAGMENT); // RFC 6864 §4.1: an unfragmentable packet needs no id
  out[8] = TTL_HOPS;
  out[9] = PROTOCOL_UDP;
  view.setUint32(12, ipv4ToNumber(source.address));
  view.setUint32(16, ipv4ToNumber(destination.address));
  view.setUint16(10, checksum(out.subarray(0, IPV4_HEADER_BYTES)));
  const udp = out.subarray(IPV4_HEADER_BYTES);
  view.setUint16(20, source.port);
  view.setUint16(22, destination.port);
  view.setUint16(24, udpBytes);
  udp.set(payload, UDP_HEADER_BYTES);
  // RFC 768: summed with addresses, protocol and length before it; 0 would mean "no checksum".
  const pseudoHeader = sumOf(out.subarray(12, IPV4_HEADER_BYTES)) + PROTOCOL_UDP + udpBytes;
  view.setUint16(26, folded(pseudoHeader + sumOf(udp)) || 0xffff);
  return out;
}

/** The Internet checksum, RFC 1071: over a header with a right checksum in it, it is 0. */
export function checksum(bytes: Uint8Array): number {
  return folded(sumOf(bytes));
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  }
  return sum;
}

function folded(sum: number): number {
  let folding = sum;
  while (folding > 0xffff) folding = (folding & 0xffff) + Math.floor(folding / 0x1_0000);
  return ~folding & 0xffff;
}
