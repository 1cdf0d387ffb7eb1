import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { encodeValue, type Format, u8 } from "./option_formats.ts";
import { OPTIONS } from "./option_table.ts";

type Table = typeof OPTIONS;
type ValueOf<F> = F extends Format<infer T> ? T : never;

/** Option values by name; absent means not sent. */
export type DhcpOptions = { readonly [K in keyof Table]?: ValueOf<Table[K]["format"]> };

/** An option as bytes: its code, and its value however long. */
export interface RawOption {
  readonly code: number;
  readonly value: Uint8Array;
}

/** Where a stretch of options stands in the packet: RFC 2131 §4.1 allows three. */
export interface OptionField {
  readonly bytes: Uint8Array;
  /** Offset of `bytes` in the packet, for errors. */
  readonly offset: number;
}

const PAD = 0;
const END = 255;
const OVERLOAD = 52; // RFC 2132 §9.3: read by the decoder itself, never sent
const VALUE_BYTES_MAX = 255;
const OVERLOAD_BYTES = 3;
/** What makes a reply a lease comes first, asked for or not. */
const MANDATORY_CODES: readonly number[] = [53, 54, 51, 58, 59, 1];

// Object.entries() widens the keys and the union of formats; the table is `as const`, so both are as stated.
const entries = Object.entries(OPTIONS) as [
  keyof Table,
  { code: number; format: Format<unknown> },
][];
const byCode = new Array<{ name: keyof Table; format: Format<unknown> } | undefined>(256);
for (const [name, { code, format }] of entries) byCode[code] = { name, format };

/** The options as bytes, in the table's order; those of `extra` take the place of ours. */
export function rawOptions(options: DhcpOptions, extra: readonly RawOption[] = []): RawOption[] {
  const out: RawOption[] = [];
  for (const [name, { code, format }] of entries) {
    const given: unknown = options[name];
    if (given === undefined || extra.some((other) => other.code === code)) continue;
    out.push({ code, value: encodeValue(format, given) });
  }
  out.push(...extra);
  return out;
}

/**
 * Writes options into a packet, END included, and returns where they end. That is past `limit` when
 * they do not fit, and then they must be placed: this is the quick way for nearly every packet.
 */
export function writeOptions(
  options: DhcpOptions,
  extra: readonly RawOption[],
  { into, at, limit }: { into: Uint8Array; at: number; limit: number },
): number {
  let end = at;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    if (!entry) continue;
    const [name, { code, format }] = entry;
    const given: unknown = options[name];
    if (given === undefined || code === AGENT_INFORMATION) continue;
    if (extra.length > 0 && extra.some((other) => other.code === code)) continue;
    const valueEnd = format.write(given, into, end + 2);
    if (valueEnd - end - 2 > VALUE_BYTES_MAX) return Infinity; // must be split
    into[end] = code;
    into[end + 1] = valueEnd - end - 2;
    end = valueEnd;
  }
  for (const { code, value } of extra) {
    if (value.length > VALUE_BYTES_MAX || end + 2 + value.length > limit) return Infinity;
    into[end] = code;
    into[end + 1] = value.length;
    into.set(value, end + 2);
    end += 2 + value.length;
  }
  const { agentInformation } = options; // last, RFC 3046 §2.2
  if (agentInformation) {
    into[end] = AGENT_INFORMATION;
    into[end + 1] = agentInformation.length;
    into.set(agentInformation, end + 2);
    end += 2 + agentInformation.length;
  }
  into[end] = END;
  return end + 1;
}

const AGENT_INFORMATION = OPTIONS.agentInformation.code;

/** The places a packet has for options, each as large as its options may be, END included. */
export interface OptionRoom {
  readonly field: number;
  /** RFC 2131 §4.1: used when `field` is full; 0 where a name is in it. */
  readonly file: number;
  readonly serverName: number;
}

/** Options as they stand in the packet. The header fields are absent when they hold none. */
export interface PlacedOptions {
  readonly field: Uint8Array;
  readonly file?: Uint8Array;
  readonly serverName?: Uint8Array;
}

/**
 * Places options into the room there is. What a lease is made of comes first, then what the client
 * asked for (option 55) in its order, then the rest; what does not fit is left out, except relay
 * agent information, which must come back and come last (RFC 3046 §2.2).
 */
export function placeOptions(
  options: readonly RawOption[],
  room: OptionRoom,
  requested: readonly number[] = [],
): PlacedOptions {
  const whole = sizeOf(options) + 1;
  if (whole <= room.field) return { field: written(options, whole) };
  const last = options.filter(({ code }) => code === OPTIONS.agentInformation.code);
  const others = byImportance(options.filter((option) => !last.includes(option)), requested);
  const canOverload = room.file > 0 || room.serverName > 0;
  const field = take(others, room.field - sizeOf(last) - (canOverload ? OVERLOAD_BYTES : 0) - 1);
  const file = take(field.rest, room.file - 1);
  const serverName = take(file.rest, room.serverName - 1);
  const overload = (file.taken.length > 0 ? 1 : 0) + (serverName.taken.length > 0 ? 2 : 0);
  const overloadOption = { code: OVERLOAD, value: Uint8Array.of(overload) };
  const inField = [...field.taken, ...(overload > 0 ? [overloadOption] : []), ...last];
  return {
    field: written(inField, sizeOf(inField) + 1),
    file: file.taken.length > 0 ? written(file.taken, room.file) : undefined,
    serverName: serverName.taken.length > 0
      ? written(serverName.taken, room.serverName)
      : undefined,
  };
}

/** Encodes an options field alone, END included. */
export function encodeOptions(options: DhcpOptions, bytesMax = Infinity): Uint8Array {
  return placeOptions(rawOptions(options), { field: bytesMax, file: 0, serverName: 0 }).field;
}

function byImportance(options: readonly RawOption[], requested: readonly number[]): RawOption[] {
  const rank = ({ code }: RawOption): number => {
    const mandatory = MANDATORY_CODES.indexOf(code);
    if (mandatory >= 0) return mandatory;
    const asked = requested.indexOf(code);
    return MANDATORY_CODES.length + (asked >= 0 ? asked : requested.length);
  };
  return options.toSorted((a, b) => rank(a) - rank(b));
}

/** Those of the options, in order, that fit together. */
function take(options: readonly RawOption[], bytesMax: number) {
  let room = bytesMax;
  const taken: RawOption[] = [];
  const rest: RawOption[] = [];
  for (const option of options) {
    const size = sizeOf([option]);
    if (size <= room) {
      room -= size;
      taken.push(option);
    } else rest.push(option);
  }
  return { taken, rest };
}

function sizeOf(options: readonly RawOption[]): number {
  let size = 0;
  for (const { value } of options) {
    size += value.length + 2 * Math.max(1, Math.ceil(value.length / VALUE_BYTES_MAX));
  }
  return size;
}

/** The options, END, and padding up to `bytes`. Values over 255 bytes are split, RFC 3396 §5. */
function written(options: readonly RawOption[], bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  let at = 0;
  for (const { code, value } of options) {
    for (let from = 0; from === 0 || from < value.length; from += VALUE_BYTES_MAX) {
      const part = from === 0 && value.length <= VALUE_BYTES_MAX
        ? value
        : value.subarray(from, from + VALUE_BYTES_MAX);
      out[at] = code;
      out[at + 1] = part.length;
      out.set(part, at + 2);
      at += 2 + part.length;
    }
  }
  out[at] = END;
  return out;
}

/** What the options said, and which header fields held options instead of names. */
export interface DecodedOptions {
  readonly options: DhcpOptions;
  readonly overloaded: { readonly file: boolean; readonly serverName: boolean };
}

/**
 * Reads the options of a packet: the options field, then whatever option 52 adds to it.
 *
 * Unknown options are skipped. Throws DecodeError for an option that runs past its field, or has
 * a value that its format refuses. A missing END is let pass: some boot ROMs cut it off.
 */
export function decodeOptions(
  field: OptionField,
  header: { readonly file: OptionField; readonly serverName: OptionField },
): DecodedOptions {
  found.forget();
  collect(field);
  const overload = overloadOf();
  const overloaded = { file: (overload & 1) !== 0, serverName: (overload & 2) !== 0 };
  // RFC 2131 §4.1: `file` is read before `sname`.
  if (overloaded.file) collect(header.file);
  if (overloaded.serverName) collect(header.serverName);
  const options: Record<string, unknown> = {};
  for (let i = 0; i < found.count; i++) {
    const code = found.codes[i] ?? PAD;
    const known = byCode[code];
    if (known) options[known.name] = known.format.decode(valueOf(code), found.offsets[code] ?? 0);
  }
  // Each name was filled by its own format, which is what DhcpOptions says of it.
  return { options: options as DhcpOptions, overloaded };
}

/**
 * The options of the packet in hand, in the order of their codes' first appearance. One for all
 * packets: objects made for each option of each packet were a third of the time that reading took.
 */
const found = {
  count: 0,
  codes: new Uint8Array(256),
  /** By code: the value, or the first fragment of it. */
  values: new Array<Uint8Array | undefined>(256),
  /** By code, where there are several: all fragments in order. */
  fragments: new Map<number, Uint8Array[]>(),
  /** By code: where the value began in the packet. */
  offsets: new Uint32Array(256),
  forget(): void {
    for (let i = 0; i < this.count; i++) this.values[this.codes[i] ?? PAD] = undefined;
    this.count = 0;
    if (this.fragments.size > 0) this.fragments.clear();
  },
  add(code: number, value: Uint8Array, offset: number): void {
    const first = this.values[code];
    if (first) {
      const all = this.fragments.get(code);
      if (all) all.push(value);
      else this.fragments.set(code, [first, value]);
      return;
    }
    this.codes[this.count] = code;
    this.count += 1;
    this.values[code] = value;
    this.offsets[code] = offset;
  },
};

/** The whole value: RFC 3396 §7 has the receiver join fragments in order. */
function valueOf(code: number): Uint8Array {
  const fragments = found.fragments.size > 0 ? found.fragments.get(code) : undefined;
  if (!fragments) return found.values[code] ?? NO_BYTES;
  return Uint8Array.from(fragments.flatMap((part) => [...part]));
}

const NO_BYTES = new Uint8Array(0);

/** What option 52 says, RFC 2132 §9.3: bit 0 the file field, bit 1 the sname field. */
function overloadOf(): number {
  if (!found.values[OVERLOAD]) return 0;
  const offset = found.offsets[OVERLOAD] ?? 0;
  const overload = u8.decode(valueOf(OVERLOAD), offset);
  if (overload < 1 || overload > 3) {
    throw new DecodeError(offset, `option overload is 1, 2 or 3, not ${overload}`);
  }
  return overload;
}

function collect({ bytes, offset }: OptionField): void {
  for (let at = 0; at < bytes.length;) {
    const code = bytes[at] ?? END;
    if (code === END) return;
    if (code === PAD) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1];
    const end = at + 2 + (length ?? 0);
    if (length === undefined || end > bytes.length) {
      throw new DecodeError(offset + at, `option ${code} runs past the end of its field`);
    }
    if (code === OVERLOAD || byCode[code]) {
      found.add(code, bytes.subarray(at + 2, end), offset + at + 2);
    }
    at = end;
  }
}
