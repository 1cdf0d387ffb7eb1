import { ByteReader, DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { ByteWriter } from "@/rack-agent/wire/byte_writer.ts";

/** RFC 1350 §5, "error codes". */
export const TFTP_ERROR = {
  notDefined: 0,
  fileNotFound: 1,
  accessViolation: 2,
  illegalOperation: 4,
  unknownTransferId: 5,
  optionRefused: 8, // RFC 2347
} as const;

/** Options of a request or OACK, RFC 2347: names in lower case, values as sent. */
export type TftpOptions = Readonly<Record<string, string>>;

export type TftpPacket =
  | {
    readonly kind: "read" | "write";
    readonly path: string;
    /** In lower case: `octet`, `netascii`, or something nobody serves. */
    readonly mode: string;
    readonly options: TftpOptions;
  }
  | { readonly kind: "data"; readonly block: number; readonly payload: Uint8Array }
  | { readonly kind: "ack"; readonly block: number }
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  | { readonly kind: "oack"; readonly options: TftpOptions };

const OPCODE = { read: 1, write: 2, data: 3, ack: 4, error: 5, oack: 6 } as const;

/** RFC 2347: "the maximum size of a request packet is 512 octets". */
const REQUEST_BYTES_MAX = 512;
/** RFC 2348: the largest block size. */
const PAYLOAD_BYTES_MAX = 65_464;

/** Reads a TFTP packet. Throws DecodeError for whatever is not one. */
export function decodeTftp(bytes: Uint8Array): TftpPacket {
  const reader = new ByteReader(bytes);
  const opcode = reader.u16();
  switch (opcode) {
    case OPCODE.read:
    case OPCODE.write:
      return decodeRequest(opcode === OPCODE.read ? "read" : "write", reader);
    case OPCODE.data:
      return { kind: "data", block: reader.u16(), payload: payloadOf(reader) };
    case OPCODE.ack: {
      const block = reader.u16();
      // Some boot ROMs pad their ACKs to a full frame; what follows the number means nothing.
      return { kind: "ack", block };
    }
    case OPCODE.error: {
      const code = reader.u16();
      // The NUL is required, but an error without one is still an error.
      const message = reader.rest();
      return { kind: "error", code, message: latin1(message).replace(/\0.*$/s, "") };
    }
    case OPCODE.oack:
      return { kind: "oack", options: optionsOf(strings(reader), 2) };
    default:
      throw new DecodeError(0, `opcode ${opcode} is not 1 to 6`);
  }
}

/** Writes a TFTP packet. */
export function encodeTftp(packet: TftpPacket): Uint8Array {
  const writer = new ByteWriter().u16(OPCODE[packet.kind]);
  switch (packet.kind) {
    case "read":
    case "write":
      return encodeStrings(writer, [
        packet.path,
        packet.mode,
        ...Object.entries(packet.options).flat(),
      ]);
    case "data":
      return writer.u16(packet.block).bytes(packet.payload).finish();
    case "ack":
      return writer.u16(packet.block).finish();
    case "error":
      return encodeStrings(writer.u16(packet.code), [packet.message]);
    case "oack":
      return encodeStrings(writer, Object.entries(packet.options).flat());
  }
}

function decodeRequest(kind: "read" | "write", reader: ByteReader): TftpPacket {
  if (reader.remainingBytes + 2 > REQUEST_BYTES_MAX) {
    throw new DecodeError(REQUEST_BYTES_MAX, `request longer than ${REQUEST_BYTES_MAX} bytes`);
  }
  const [path, mode, ...rest] = strings(reader);
  if (path === undefined || mode === undefined) {
    throw new DecodeError(2, "file name and mode expected");
  }
  return { kind, path, mode: mode.toLowerCase(), options: optionsOf(rest, 2) };
}

function payloadOf(reader: ByteReader): Uint8Array {
  if (reader.remainingBytes > PAYLOAD_BYTES_MAX) {
    throw new DecodeError(4, `${reader.remainingBytes} bytes of data in one block`);
  }
  return reader.rest();
}

/** NUL-terminated strings up to the end; the last must be terminated too. */
function strings(reader: ByteReader): string[] {
  const start = reader.offset;
  const rest = reader.rest();
  if (rest.length === 0) return [];
  if (rest[rest.length - 1] !== 0) {
    throw new DecodeError(start + rest.length, "NUL expected after the last string");
  }
  return latin1(rest.subarray(0, -1)).split("\0");
}

function optionsOf(pairs: readonly string[], offset: number): TftpOptions {
  // Padding: some clients fill the rest of their request with NULs.
  const used = pairs.slice(0, pairs.findLastIndex((text) => text !== "") + 1);
  if (used.length % 2 !== 0) throw new DecodeError(offset, "an option without a value");
  const options: Record<string, string> = {};
  for (let i = 0; i < used.length; i += 2) {
    const name = (used[i] ?? "").toLowerCase();
    if (name === "") throw new DecodeError(offset, "an option without a name");
    options[name] = used[i + 1] ?? "";
  }
  return options;
}

function encodeStrings(writer: ByteWriter, texts: readonly string[]): Uint8Array {
  for (const text of texts) {
    writer.bytes(Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff)).u8(0);
  }
  return writer.finish();
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
