import { ByteReader, DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { ByteWriter } from "@/rack-agent/wire/byte_writer.ts";
import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import { formatMacAddress, type MacAddress, macAddressBytes } from "@/shared/net/mac_address.ts";

const HARDWARE_ETHERNET = 1;
const PROTOCOL_IPV4 = 0x0800;
const OPERATION_REQUEST = 1;
const ETHERNET_IPV4_BYTES = 28;

/** Who says in an ARP packet that an address is theirs, or asks as its user: RFC 826. */
export interface ArpSender {
  readonly mac: MacAddress;
  readonly ipv4: Ipv4;
}

/** Asks whether anybody uses an address, without claiming one: a "probe", RFC 5227 §2.1.1. */
export function encodeArpProbe(ownMac: MacAddress, address: Ipv4): Uint8Array {
  return new ByteWriter()
    .u16(HARDWARE_ETHERNET).u16(PROTOCOL_IPV4).u8(6).u8(4).u16(OPERATION_REQUEST)
    .bytes(macAddressBytes(ownMac)).u32(0)
    .bytes(new Uint8Array(6)).u32(ipv4ToNumber(address))
    .finish();
}

/** The sender of an ARP packet. Throws DecodeError for whatever is not IPv4 over Ethernet. */
export function decodeArpSender(bytes: Uint8Array): ArpSender {
  if (bytes.length < ETHERNET_IPV4_BYTES) throw new DecodeError(bytes.length, "ARP cut off");
  const reader = new ByteReader(bytes);
  const [hardware, protocol] = [reader.u16(), reader.u16()];
  const [hardwareBytes, protocolBytes] = [reader.u8(), reader.u8()];
  if (hardware !== HARDWARE_ETHERNET || protocol !== PROTOCOL_IPV4) {
    throw new DecodeError(0, `ARP of hardware ${hardware}, protocol ${protocol}`);
  }
  if (hardwareBytes !== 6 || protocolBytes !== 4) {
    throw new DecodeError(4, `ARP addresses of ${hardwareBytes} and ${protocolBytes} bytes`);
  }
  reader.u16(); // request or reply: either names its sender
  return { mac: formatMacAddress(reader.take(6)), ipv4: ipv4FromNumber(reader.u32()) };
}
