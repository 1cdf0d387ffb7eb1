import { ByteReader, DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { ByteWriter } from "@/rack-agent/wire/byte_writer.ts";
import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import { formatMacAddress, type MacAddress, macAddressBytes } from "@/shared/net/mac_address.ts";
import { text } from "./option_formats.ts";
import { decodeOptions, type DhcpOptions, encodeOptions } from "./options.ts";

/** Option 53, RFC 2132 §9.6. */
export const MESSAGE_TYPE = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;

/** "No address", in every address field of the header. */
export const NO_ADDRESS: Ipv4 = ipv4FromNumber(0);

/** A DHCPv4 message, RFC 2131 §2, of a client with an Ethernet address. */
export interface DhcpPacket {
  readonly op: "request" | "reply";
  /** 1 Ethernet; 6, which old token-ring era firmware still says of Ethernet. Echoed. */
  readonly hardwareType: number;
  readonly hops: number;
  readonly transactionId: number;
  readonly secs: number;
  /** The client cannot take unicast before it has an address. */
  readonly wantsBroadcast: boolean;
  readonly clientAddress: Ipv4; // ciaddr
  readonly yourAddress: Ipv4; // yiaddr
  readonly serverAddress: Ipv4; // siaddr: where the boot file is
  readonly relayAddress: Ipv4; // giaddr
  readonly mac: MacAddress; // chaddr
  /** `sname`, at most 63 characters; empty when not used or filled with options. */
  readonly serverName: string;
  /** `file`, at most 127 characters; empty when not used or filled with options. */
  readonly bootFile: string;
  readonly options: DhcpOptions;
}

const OP_REQUEST = 1;
const OP_REPLY = 2;
const HARDWARE_TYPES = [1, 6]; // RFC 1700: Ethernet, IEEE 802
const MAC_BYTES = 6;
const CHADDR_BYTES = 16;
const SERVER_NAME_BYTES = 64;
const BOOT_FILE_BYTES = 128;
const FLAG_BROADCAST = 0x8000; // RFC 2131 §2, figure 2
const MAGIC_COOKIE = 0x63825363; // RFC 2131 §3
const HEADER_BYTES = 240;
/** RFC 1542 §2.1 and RFC 951 §3: some relays and clients drop anything shorter. */
const PACKET_BYTES_MIN = 300;
/** RFC 2131 §2: what every client must take; option 57 may promise more. */
const MESSAGE_BYTES_MIN = 576;
const IP_UDP_HEADER_BYTES = 28;
const ETHERNET_MTU_BYTES = 1_500;

/** Reads a DHCPv4 packet. Throws DecodeError for whatever is not one; plain BOOTP is not one. */
export function decodePacket(bytes: Uint8Array): DhcpPacket {
  const reader = new ByteReader(bytes);
  const op = reader.u8();
  if (op !== OP_REQUEST && op !== OP_REPLY) throw new DecodeError(0, `op ${op} is not 1 or 2`);
  const hardwareType = reader.u8();
  const hardwareBytes = reader.u8();
  if (!HARDWARE_TYPES.includes(hardwareType) || hardwareBytes !== MAC_BYTES) {
    throw new DecodeError(1, `hardware type ${hardwareType} with ${hardwareBytes} address bytes`);
  }
  const hops = reader.u8();
  const transactionId = reader.u32();
  const secs = reader.u16();
  const wantsBroadcast = (reader.u16() & FLAG_BROADCAST) !== 0;
  const address = () => ipv4FromNumber(reader.u32());
  const clientAddress = address();
  const yourAddress = address();
  const serverAddress = address();
  const relayAddress = address();
  const mac = formatMacAddress(reader.take(CHADDR_BYTES).subarray(0, MAC_BYTES));
  const serverName = { offset: reader.offset, bytes: reader.take(SERVER_NAME_BYTES) };
  const file = { offset: reader.offset, bytes: reader.take(BOOT_FILE_BYTES) };
  if (reader.u32() !== MAGIC_COOKIE) throw new DecodeError(236, "no DHCP magic cookie");
  const field = { offset: reader.offset, bytes: reader.rest() };
  const { overloaded, options } = decodeOptions(field, { file, serverName });
  return {
    op: op === OP_REQUEST ? "request" : "reply",
    hardwareType,
    hops,
    transactionId,
    secs,
    wantsBroadcast,
    clientAddress,
    yourAddress,
    serverAddress,
    relayAddress,
    mac,
    serverName: overloaded.serverName ? "" : untilNul(serverName.bytes),
    bootFile: overloaded.file ? "" : untilNul(file.bytes),
    options,
  };
}

/**
 * Writes a packet of at least 300 bytes.
 *
 * Options that do not fit `messageBytesMax` (the client's option 57, IP and UDP headers included)
 * are left out, least important first. Throws when `serverName` or `bootFile` is too long.
 */
export function encodePacket(packet: DhcpPacket, messageBytesMax = MESSAGE_BYTES_MIN): Uint8Array {
  // No larger than a frame: a fragmented reply is lost on most boot ROMs.
  const messageBytes = Math.min(Math.max(messageBytesMax, MESSAGE_BYTES_MIN), ETHERNET_MTU_BYTES);
  const optionBytesMax = messageBytes - IP_UDP_HEADER_BYTES - HEADER_BYTES;
  const options = encodeOptions(packet.options, optionBytesMax);
  const writer = new ByteWriter()
    .u8(packet.op === "request" ? OP_REQUEST : OP_REPLY)
    .u8(packet.hardwareType).u8(MAC_BYTES).u8(packet.hops)
    .u32(packet.transactionId)
    .u16(packet.secs).u16(packet.wantsBroadcast ? FLAG_BROADCAST : 0)
    .u32(ipv4ToNumber(packet.clientAddress))
    .u32(ipv4ToNumber(packet.yourAddress))
    .u32(ipv4ToNumber(packet.serverAddress))
    .u32(ipv4ToNumber(packet.relayAddress))
    .bytes(padded(macAddressBytes(packet.mac), CHADDR_BYTES))
    .bytes(padded(terminated(packet.serverName, SERVER_NAME_BYTES), SERVER_NAME_BYTES))
    .bytes(padded(terminated(packet.bootFile, BOOT_FILE_BYTES), BOOT_FILE_BYTES))
    .u32(MAGIC_COOKIE)
    .bytes(options);
  const encoded = writer.finish();
  return encoded.length < PACKET_BYTES_MIN ? padded(encoded, PACKET_BYTES_MIN) : encoded;
}

/** True when `name` fits the `file` field with its terminating NUL. */
export function fitsBootFile(name: string): boolean {
  return name.length < BOOT_FILE_BYTES;
}

function untilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return text.decode(end < 0 ? bytes : bytes.subarray(0, end), 0);
}

function terminated(value: string, fieldBytes: number): Uint8Array {
  if (value.length >= fieldBytes) {
    throw new Error(`"${value}" does not fit a field of ${fieldBytes} bytes`);
  }
  return text.encode(value);
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  out.set(bytes);
  return out;
}
