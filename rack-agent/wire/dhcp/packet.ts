import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import { formatMacAddress, type MacAddress, macAddressBytes } from "@/shared/net/mac_address.ts";
import { text } from "./option_formats.ts";
import {
  decodeOptions,
  type DhcpOptions,
  placeOptions,
  type RawOption,
  rawOptions,
} from "./options.ts";

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
  /** Options that only their bytes are known of, in place of ours of the same code. Never read. */
  readonly extraOptions?: readonly RawOption[];
}

const OP_REQUEST = 1;
const OP_REPLY = 2;
const HARDWARE_TYPES = [1, 6]; // RFC 1700: Ethernet, IEEE 802
const MAC_BYTES = 6;
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

// Where the fields are, RFC 2131 §2, figure 1.
const AT = {
  transactionId: 4,
  secs: 8,
  flags: 10,
  clientAddress: 12,
  yourAddress: 16,
  serverAddress: 20,
  relayAddress: 24,
  mac: 28,
  serverName: 44,
  bootFile: 108,
  magicCookie: 236,
} as const;

/** Reads a DHCPv4 packet. Throws DecodeError for whatever is not one; plain BOOTP is not one. */
export function decodePacket(bytes: Uint8Array): DhcpPacket {
  if (bytes.length < HEADER_BYTES) {
    throw new DecodeError(bytes.length, `${HEADER_BYTES} bytes of header expected`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const op = view.getUint8(0);
  if (op !== OP_REQUEST && op !== OP_REPLY) throw new DecodeError(0, `op ${op} is not 1 or 2`);
  const hardwareType = view.getUint8(1);
  const hardwareBytes = view.getUint8(2);
  if (!HARDWARE_TYPES.includes(hardwareType) || hardwareBytes !== MAC_BYTES) {
    throw new DecodeError(1, `hardware type ${hardwareType} with ${hardwareBytes} address bytes`);
  }
  if (view.getUint32(AT.magicCookie) !== MAGIC_COOKIE) {
    throw new DecodeError(AT.magicCookie, "no DHCP magic cookie");
  }
  const part = (offset: number, end: number) => ({ offset, bytes: bytes.subarray(offset, end) });
  const serverName = part(AT.serverName, AT.bootFile);
  const file = part(AT.bootFile, AT.magicCookie);
  const field = part(HEADER_BYTES, bytes.length);
  const { overloaded, options } = decodeOptions(field, { file, serverName });
  const address = (at: number) => {
    const value = view.getUint32(at);
    return value === 0 ? NO_ADDRESS : ipv4FromNumber(value);
  };
  return {
    op: op === OP_REQUEST ? "request" : "reply",
    hardwareType,
    hops: view.getUint8(3),
    transactionId: view.getUint32(AT.transactionId),
    secs: view.getUint16(AT.secs),
    wantsBroadcast: (view.getUint16(AT.flags) & FLAG_BROADCAST) !== 0,
    clientAddress: address(AT.clientAddress),
    yourAddress: address(AT.yourAddress),
    serverAddress: address(AT.serverAddress),
    relayAddress: address(AT.relayAddress),
    mac: formatMacAddress(bytes.subarray(AT.mac, AT.mac + MAC_BYTES)),
    serverName: overloaded.serverName ? "" : untilNul(serverName.bytes),
    bootFile: overloaded.file ? "" : untilNul(file.bytes),
    options,
  };
}

/**
 * Writes a packet of at least 300 bytes.
 *
 * `messageBytesMax` is the client's option 57, IP and UDP headers included, and `requested` its
 * option 55: they decide what is left out when not everything fits. Throws when `serverName` or
 * `bootFile` is too long.
 */
export function encodePacket(
  packet: DhcpPacket,
  messageBytesMax = MESSAGE_BYTES_MIN,
  requested: readonly number[] = [],
): Uint8Array {
  // No larger than a frame: a fragmented reply is lost on most boot ROMs.
  const messageBytes = Math.min(Math.max(messageBytesMax, MESSAGE_BYTES_MIN), ETHERNET_MTU_BYTES);
  const room = {
    field: messageBytes - IP_UDP_HEADER_BYTES - HEADER_BYTES,
    file: packet.bootFile === "" ? BOOT_FILE_BYTES : 0,
    serverName: packet.serverName === "" ? SERVER_NAME_BYTES : 0,
  };
  const placed = placeOptions(rawOptions(packet.options, packet.extraOptions), room, requested);
  const out = new Uint8Array(Math.max(HEADER_BYTES + placed.field.length, PACKET_BYTES_MIN));
  const view = new DataView(out.buffer);
  out[0] = packet.op === "request" ? OP_REQUEST : OP_REPLY;
  out[1] = packet.hardwareType;
  out[2] = MAC_BYTES;
  out[3] = packet.hops;
  view.setUint32(AT.transactionId, packet.transactionId);
  view.setUint16(AT.secs, packet.secs);
  view.setUint16(AT.flags, packet.wantsBroadcast ? FLAG_BROADCAST : 0);
  view.setUint32(AT.clientAddress, ipv4ToNumber(packet.clientAddress));
  view.setUint32(AT.yourAddress, ipv4ToNumber(packet.yourAddress));
  view.setUint32(AT.serverAddress, ipv4ToNumber(packet.serverAddress));
  view.setUint32(AT.relayAddress, ipv4ToNumber(packet.relayAddress));
  out.set(macAddressBytes(packet.mac), AT.mac);
  out.set(placed.serverName ?? terminated(packet.serverName, SERVER_NAME_BYTES), AT.serverName);
  out.set(placed.file ?? terminated(packet.bootFile, BOOT_FILE_BYTES), AT.bootFile);
  view.setUint32(AT.magicCookie, MAGIC_COOKIE);
  out.set(placed.field, HEADER_BYTES);
  return out;
}

/** True when `name` fits the `file` field with its terminating NUL. */
export function fitsBootFile(name: string): boolean {
  return name.length < BOOT_FILE_BYTES;
}

function untilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  if (end === 0) return ""; // nearly always
  return text.decode(end < 0 ? bytes : bytes.subarray(0, end), 0);
}

function terminated(value: string, fieldBytes: number): Uint8Array {
  if (value.length >= fieldBytes) {
    throw new Error(`"${value}" does not fit a field of ${fieldBytes} bytes`);
  }
  return text.encode(value);
}
