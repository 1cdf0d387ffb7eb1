import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { type Ipv4, ipv4FromNumber } from "@/shared/net/ipv4.ts";
import { formatMacAddress, type MacAddress, writeMacAddress } from "@/shared/net/mac_address.ts";
import { ipv4, text, u16, u32 } from "./option_formats.ts";
import {
  decodeOptions,
  type DhcpOptions,
  placeOptions,
  type RawOption,
  rawOptions,
  writeOptions,
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
  checkFits(packet.serverName, SERVER_NAME_BYTES);
  checkFits(packet.bootFile, BOOT_FILE_BYTES);
  const limit = HEADER_BYTES + room.field;
  const { options, extraOptions = [] } = packet;
  const end = writeOptions(options, extraOptions, { into: draft, at: HEADER_BYTES, limit });
  if (end <= limit) return withHeader(packet, draft.subarray(HEADER_BYTES, end));
  const placed = placeOptions(rawOptions(options, extraOptions), room, requested);
  return withHeader(packet, placed.field, placed);
}

/** Where options are written before it is known how long the packet is. */
const draft = new Uint8Array(65_536 + HEADER_BYTES);

function withHeader(
  packet: DhcpPacket,
  field: Uint8Array,
  { file, serverName }: { readonly file?: Uint8Array; readonly serverName?: Uint8Array } = {},
): Uint8Array {
  const out = fresh(Math.max(HEADER_BYTES + field.length, PACKET_BYTES_MIN));
  out[0] = packet.op === "request" ? OP_REQUEST : OP_REPLY;
  out[1] = packet.hardwareType;
  out[2] = MAC_BYTES;
  out[3] = packet.hops;
  u32.write(packet.transactionId, out, AT.transactionId);
  u16.write(packet.secs, out, AT.secs);
  u16.write(packet.wantsBroadcast ? FLAG_BROADCAST : 0, out, AT.flags);
  ipv4.write(packet.clientAddress, out, AT.clientAddress);
  ipv4.write(packet.yourAddress, out, AT.yourAddress);
  ipv4.write(packet.serverAddress, out, AT.serverAddress);
  ipv4.write(packet.relayAddress, out, AT.relayAddress);
  writeMacAddress(packet.mac, out, AT.mac);
  if (serverName) out.set(serverName, AT.serverName);
  else text.write(packet.serverName, out, AT.serverName);
  if (file) out.set(file, AT.bootFile);
  else text.write(packet.bootFile, out, AT.bootFile);
  u32.write(MAGIC_COOKIE, out, AT.magicCookie);
  out.set(field, HEADER_BYTES);
  return out;
}

/**
 * Zeros for a packet. They are cut from a large piece, because memory of its own for each packet
 * costs more than all of its fields; the piece is given back with its last packet.
 */
function fresh(bytes: number): Uint8Array {
  if (pieceUsed + bytes > piece.length) {
    piece = new Uint8Array(Math.max(PIECE_BYTES, bytes));
    pieceUsed = 0;
  }
  pieceUsed += bytes;
  return piece.subarray(pieceUsed - bytes, pieceUsed);
}

const PIECE_BYTES = 65_536;
let piece = new Uint8Array(PIECE_BYTES);
let pieceUsed = 0;

/** True when `name` fits the `file` field with its terminating NUL. */
export function fitsBootFile(name: string): boolean {
  return name.length < BOOT_FILE_BYTES;
}

function untilNul(bytes: Uint8Array): string {
  if (bytes[0] === 0) return ""; // nearly always
  const end = bytes.indexOf(0);
  return text.decode(end < 0 ? bytes : bytes.subarray(0, end), 0);
}

function checkFits(value: string, fieldBytes: number): void {
  if (value.length < fieldBytes) return;
  throw new Error(`"${value}" does not fit a field of ${fieldBytes} bytes`);
}
