import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from "@/shared/net/ipv4.ts";

/**
 * One shape of option value. `offset` is where the value began in the packet, for the error.
 *
 * `decode` throws DecodeError for a length the shape cannot have.
 */
export interface Format<T> {
  decode(value: Uint8Array, offset: number): T;
  encode(value: T): Uint8Array;
}

export const u8: Format<number> = unsigned(1);
export const u16: Format<number> = unsigned(2);
export const u32: Format<number> = unsigned(4);

export const u8List: Format<readonly number[]> = listOf(u8, 1);
export const u16List: Format<readonly number[]> = listOf(u16, 2);

export const ipv4: Format<Ipv4> = {
  decode: (value, offset) => ipv4FromNumber(u32.decode(value, offset)),
  encode: (value) => u32.encode(ipv4ToNumber(value)),
};

export const ipv4List: Format<readonly Ipv4[]> = listOf(ipv4, 4);

/**
 * Text as one byte per character (Latin-1), so that any bytes survive a round trip.
 *
 * Trailing NULs are cut, as RFC 2132 §2 asks of receivers. Empty is let through: clients without
 * a host name do send option 12 with no bytes, and are worth booting.
 */
export const text: Format<string> = {
  decode: (value) => String.fromCharCode(...value).replace(/\0+$/, ""),
  encode: (value) => Uint8Array.from(value, (character) => character.charCodeAt(0) & 0xff),
};

/** Bytes that only somebody else understands. The decoded value is a copy. */
export const opaque: Format<Uint8Array> = {
  decode: (value) => value.slice(),
  encode: (value) => value,
};

/**
 * User classes, RFC 3004 §4: each with its length in front.
 *
 * iPXE sends its one class without the length. "iPXE" read as a length would be 105, far past the
 * end, so a value whose lengths do not add up is taken as one bare class.
 */
export const userClassList: Format<readonly string[]> = {
  decode(value, offset) {
    const classes: string[] = [];
    for (let at = 0; at < value.length;) {
      const length = value[at] ?? 0;
      const end = at + 1 + length;
      if (length === 0 || end > value.length) return [text.decode(value, offset)];
      classes.push(text.decode(value.subarray(at + 1, end), offset + at + 1));
      at = end;
    }
    return classes;
  },
  encode: (classes) =>
    Uint8Array.from(classes.flatMap((name) => [name.length, ...text.encode(name)])),
};

/** Big-endian, exactly `bytes` long. */
function unsigned(bytes: 1 | 2 | 4): Format<number> {
  return {
    decode(value, offset) {
      if (value.length !== bytes) {
        throw new DecodeError(offset, `${bytes} bytes expected, ${value.length} in the option`);
      }
      return value.reduce((sum, byte) => sum * 256 + byte, 0);
    },
    encode: (value) =>
      Uint8Array.from({ length: bytes }, (_, i) => value >>> (8 * (bytes - 1 - i))),
  };
}

/** One or more items of `itemBytes` each; an empty list is malformed. */
function listOf<T>(item: Format<T>, itemBytes: number): Format<readonly T[]> {
  return {
    decode(value, offset) {
      if (value.length === 0 || value.length % itemBytes !== 0) {
        throw new DecodeError(
          offset,
          `${value.length} bytes are no list of ${itemBytes}-byte items`,
        );
      }
      return Array.from(
        { length: value.length / itemBytes },
        (_, i) =>
          item.decode(value.subarray(i * itemBytes, (i + 1) * itemBytes), offset + i * itemBytes),
      );
    },
    encode: (items) => Uint8Array.from(items.flatMap((value) => [...item.encode(value)])),
  };
}
