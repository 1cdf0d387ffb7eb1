import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { type Ipv4, ipv4FromNumber, writeIpv4 } from "@/shared/net/ipv4.ts";

/**
 * One shape of option value. `offset` is where the value began in the packet, for the error.
 *
 * `decode` throws DecodeError for a length the shape cannot have.
 */
export interface Format<T> {
  decode(value: Uint8Array, offset: number): T;
  /** Writes into a packet and returns where the value ends: nothing is allocated for it. */
  write(value: T, into: Uint8Array, at: number): number;
}

/** A value on its own. Slower than writing it where it belongs. */
export function encodeValue<T>(format: Format<T>, value: T): Uint8Array {
  return scratch.slice(0, format.write(value, scratch, 0));
}

/** No option is larger: a field of options ends with its packet. */
const VALUE_BYTES_MAX = 65_536;
const scratch = new Uint8Array(VALUE_BYTES_MAX);

export const u8: Format<number> = unsigned(1);
export const u16: Format<number> = unsigned(2);
export const u32: Format<number> = unsigned(4);

/** Any number of bytes, one a number; the parameter request list, in nearly every packet. */
export const u8List: Format<readonly number[]> = {
  decode(value, offset) {
    if (value.length === 0) throw new DecodeError(offset, "an empty list");
    const items = new Array<number>(value.length);
    for (let i = 0; i < value.length; i++) items[i] = value[i] ?? 0; // Array.from() takes ten times that
    return items;
  },
  write(items, into, at) {
    for (let i = 0; i < items.length; i++) into[at + i] = items[i] ?? 0;
    return at + items.length;
  },
};
export const u16List: Format<readonly number[]> = listOf(u16, 2);

export const ipv4: Format<Ipv4> = {
  decode: (value, offset) => ipv4FromNumber(u32.decode(value, offset)),
  write(value, into, at) {
    writeIpv4(value, into, at);
    return at + 4;
  },
};

export const ipv4List: Format<readonly Ipv4[]> = listOf(ipv4, 4);

/**
 * Text as one byte per character (Latin-1), so that any bytes survive a round trip.
 *
 * Trailing NULs are cut, as RFC 2132 §2 asks of receivers. Empty is let through: clients without
 * a host name do send option 12 with no bytes, and are worth booting.
 */
export const text: Format<string> = {
  decode(value) {
    let end = value.length;
    while (end > 0 && value[end - 1] === 0) end -= 1;
    return String.fromCharCode(...value.subarray(0, end));
  },
  write(value, into, at) {
    for (let i = 0; i < value.length; i++) into[at + i] = value.charCodeAt(i); // the low eight bits
    return at + value.length;
  },
};

/** Bytes that only somebody else understands. The decoded value is a copy. */
export const opaque: Format<Uint8Array> = {
  decode: (value) => value.slice(),
  write(value, into, at) {
    into.set(value, at);
    return at + value.length;
  },
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
  write(classes, into, at) {
    let end = at;
    for (const name of classes) {
      into[end] = name.length;
      end = text.write(name, into, end + 1);
    }
    return end;
  },
};

/**
 * Domain names as DNS writes them, RFC 3397 §2: labels with their length, each name ended by 0.
 *
 * Compression pointers are followed when reading, never made: a name saved is not worth a client
 * that cannot read it.
 */
export const domainNameList: Format<readonly string[]> = {
  decode(value, offset) {
    const names: string[] = [];
    for (let at = 0; at < value.length;) {
      const { labels, end } = readName(value, at, offset);
      names.push(labels.join("."));
      at = end;
    }
    if (names.length === 0) throw new DecodeError(offset, "an empty list of domain names");
    return names;
  },
  write(names, into, at) {
    let end = at;
    for (const name of names) {
      for (const label of name.split(".")) {
        into[end] = label.length;
        end = text.write(label, into, end + 1);
      }
      into[end] = 0;
      end += 1;
    }
    return end;
  },
};

const NAME_BYTES_MAX = 255; // RFC 1035 §2.3.4

function readName(value: Uint8Array, start: number, offset: number) {
  const labels: string[] = [];
  let end: number | undefined; // set at the first pointer: what follows it is the next name
  let sizeBytes = 0;
  for (let at = start;;) {
    const length = value[at];
    if (length === undefined) throw new DecodeError(offset + at, "a domain name without an end");
    if (length === 0) return { labels, end: end ?? at + 1 };
    if (length >= 0xc0) { // RFC 1035 §4.1.4; only backwards, so that it ends
      const target = ((length & 0x3f) << 8) | (value[at + 1] ?? 0xff);
      if (target >= at) throw new DecodeError(offset + at, "a domain name that points forward");
      end ??= at + 2;
      at = target;
    } else {
      const label = value.subarray(at + 1, at + 1 + length);
      if (length > 63 || label.length < length) {
        throw new DecodeError(offset + at, `a label of ${length} bytes`);
      }
      labels.push(text.decode(label, offset + at));
      at += 1 + length;
    }
    sizeBytes += length >= 0xc0 ? 0 : length + 1;
    if (sizeBytes > NAME_BYTES_MAX) throw new DecodeError(offset + at, "a domain name too long");
  }
}

/** A route of option 121. */
export interface ClasslessRoute {
  readonly destination: Ipv4;
  readonly prefixBits: number;
  readonly gateway: Ipv4;
}

/** Classless routes, RFC 3442: prefix length, as many bytes of the network as it needs, gateway. */
export const classlessRouteList: Format<readonly ClasslessRoute[]> = {
  decode(value, offset) {
    const routes: ClasslessRoute[] = [];
    for (let at = 0; at < value.length;) {
      const prefixBits = value[at] ?? 0;
      const significant = Math.ceil(prefixBits / 8);
      const end = at + 1 + significant + 4;
      if (prefixBits > 32 || end > value.length) {
        throw new DecodeError(offset + at, `no route with a prefix of ${prefixBits} bits`);
      }
      const network = new Uint8Array(4);
      network.set(value.subarray(at + 1, at + 1 + significant));
      routes.push({
        destination: ipv4.decode(network, offset + at + 1),
        prefixBits,
        gateway: ipv4.decode(value.subarray(end - 4, end), offset + end - 4),
      });
      at = end;
    }
    if (routes.length === 0) throw new DecodeError(offset, "an empty list of routes");
    return routes;
  },
  write(routes, into, at) {
    let end = at;
    for (const { destination, prefixBits, gateway } of routes) {
      into[end] = prefixBits;
      ipv4.write(destination, into, end + 1); // the gateway goes over what the prefix leaves out
      end = ipv4.write(gateway, into, end + 1 + Math.ceil(prefixBits / 8));
    }
    return end;
  },
};

/** Big-endian, exactly `bytes` long. */
function unsigned(bytes: 1 | 2 | 4): Format<number> {
  return {
    decode(value, offset) {
      if (value.length !== bytes) {
        throw new DecodeError(offset, `${bytes} bytes expected, ${value.length} in the option`);
      }
      let sum = 0;
      for (let i = 0; i < bytes; i++) sum = sum * 256 + (value[i] ?? 0);
      return sum;
    },
    write(value, into, at) {
      for (let i = 0; i < bytes; i++) into[at + i] = (value >>> (8 * (bytes - 1 - i))) & 0xff;
      return at + bytes;
    },
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
      const items: T[] = [];
      for (let at = 0; at < value.length; at += itemBytes) {
        items.push(item.decode(value.subarray(at, at + itemBytes), offset + at));
      }
      return items;
    },
    write(items, into, at) {
      let end = at;
      for (const value of items) end = item.write(value, into, end);
      return end;
    },
  };
}
