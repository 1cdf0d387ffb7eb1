import { ByteReader, DecodeError } from "../byte_reader.ts";
import { ByteWriter } from "../byte_writer.ts";

/**
 * One IPMI message in LAN format, IPMI 2.0 §13.8: request and response share it.
 *
 * In a response the first byte of `body` is the completion code.
 */
export interface IpmiMessage {
  readonly to: number; // 0x20 is the BMC, 0x81 the remote console
  readonly from: number;
  readonly netFn: number; // even: request; the answer has netFn + 1
  readonly sequence: number; // 0..63
  readonly command: number;
  readonly body: Uint8Array;
}

/** Slave address of every BMC, IPMI 2.0 §5.5. */
export const BMC_ADDRESS = 0x20;
/** Software id of a remote console, IPMI 2.0 §5.5: 0x81 is "remote console 1". */
export const CONSOLE_ADDRESS = 0x81;

const SHORTEST_BYTES = 7; // two addresses, netFn, sequence, command, two checksums

/** Encodes a message with both its checksums. */
export function encodeIpmiMessage(message: IpmiMessage): Uint8Array {
  const head = Uint8Array.of(message.to, message.netFn << 2); // LUN 0
  const tail = new ByteWriter()
    .u8(message.from)
    .u8(message.sequence << 2) // LUN 0
    .u8(message.command)
    .bytes(message.body)
    .finish();
  return new ByteWriter()
    .bytes(head)
    .u8(checksum(head))
    .bytes(tail)
    .u8(checksum(tail))
    .finish();
}

/** Decodes a message. DecodeError when it is short or a checksum is wrong. */
export function decodeIpmiMessage(bytes: Uint8Array): IpmiMessage {
  if (bytes.length < SHORTEST_BYTES) {
    throw new DecodeError(bytes.length, `an IPMI message has ${SHORTEST_BYTES} bytes or more`);
  }
  const reader = new ByteReader(bytes);
  const head = reader.take(2);
  if (reader.u8() !== checksum(head)) throw new DecodeError(2, "wrong header checksum");
  const tail = reader.take(reader.remainingBytes - 1);
  if (reader.u8() !== checksum(tail)) throw new DecodeError(bytes.length - 1, "wrong checksum");
  const headFields = new ByteReader(head);
  const tailFields = new ByteReader(tail);
  return {
    to: headFields.u8(),
    netFn: headFields.u8() >> 2,
    from: tailFields.u8(),
    sequence: tailFields.u8() >> 2,
    command: tailFields.u8(),
    body: tailFields.rest(),
  };
}

/** Two's complement checksum: the bytes and it add up to zero, IPMI 2.0 §13.8. */
function checksum(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}
