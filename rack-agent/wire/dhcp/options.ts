import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { type Format, u8 } from "./option_formats.ts";
import { OPTIONS } from "./option_table.ts";

type Table = typeof OPTIONS;
type ValueOf<F> = F extends Format<infer T> ? T : never;

/** Option values by name; absent means not sent. */
export type DhcpOptions = { readonly [K in keyof Table]?: ValueOf<Table[K]["format"]> };

/** Where a stretch of options stands in the packet: RFC 2131 §4.1 allows three. */
export interface OptionField {
  readonly bytes: Uint8Array;
  /** Offset of `bytes` in the packet, for errors. */
  readonly offset: number;
}

/** All fragments of one code: RFC 3396 §7 has the receiver join them in order. */
interface RawOption {
  readonly offset: number;
  readonly fragments: Uint8Array[];
}

const PAD = 0;
const END = 255;
const OVERLOAD = 52; // RFC 2132 §9.3: read by the decoder itself, never sent
const VALUE_BYTES_MAX = 255;

// Object.entries() widens the keys and the union of formats; the table is `as const`, so both are as stated.
const entries = Object.entries(OPTIONS) as [
  keyof Table,
  { code: number; format: Format<unknown> },
][];
const byCode = new Map(entries.map(([name, spec]) => [spec.code, { name, format: spec.format }]));

/**
 * Encodes the options field, END included. Values longer than 255 bytes split, per RFC 3396.
 *
 * An option that would take the field past `bytesMax` is left out; relay agent information,
 * which must come back (RFC 3046 §2.2), has its place kept from the start.
 */
export function encodeOptions(options: DhcpOptions, bytesMax = Infinity): Uint8Array {
  const out: number[] = [];
  const agentInformation = encodeOption(
    OPTIONS.agentInformation,
    options.agentInformation,
  );
  const roomBytes = bytesMax - agentInformation.length - 1;
  for (const [name, spec] of entries) {
    if (name === "agentInformation") continue;
    const encoded = encodeOption(spec, options[name]);
    if (out.length + encoded.length <= roomBytes) out.push(...encoded);
  }
  return Uint8Array.of(...out, ...agentInformation, END);
}

function encodeOption<T>(spec: { code: number; format: Format<T> }, given: T | undefined) {
  if (given === undefined) return [];
  const { code, format } = spec;
  let value = format.encode(given);
  const out: number[] = [];
  do {
    const part = value.subarray(0, VALUE_BYTES_MAX);
    out.push(code, part.length, ...part);
    value = value.subarray(VALUE_BYTES_MAX);
  } while (value.length > 0);
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
  const raw = new Map<number, RawOption>();
  collect(field, raw);
  const overload = overloadOf(raw);
  const overloaded = { file: (overload & 1) !== 0, serverName: (overload & 2) !== 0 };
  // RFC 2131 §4.1: `file` is read before `sname`.
  if (overloaded.file) collect(header.file, raw);
  if (overloaded.serverName) collect(header.serverName, raw);
  const options: Record<string, unknown> = {};
  for (const [code, { offset, fragments }] of raw) {
    const known = byCode.get(code);
    if (known) options[known.name] = known.format.decode(joined(fragments), offset);
  }
  // Each name was filled by its own format, which is what DhcpOptions says of it.
  return { options: options as DhcpOptions, overloaded };
}

/** What option 52 says, RFC 2132 §9.3: bit 0 the file field, bit 1 the sname field. */
function overloadOf(raw: ReadonlyMap<number, RawOption>): number {
  const option = raw.get(OVERLOAD);
  if (!option) return 0;
  const value = u8.decode(joined(option.fragments), option.offset);
  if (value < 1 || value > 3) {
    throw new DecodeError(option.offset, `option overload is 1, 2 or 3, not ${value}`);
  }
  return value;
}

function collect({ bytes, offset }: OptionField, raw: Map<number, RawOption>): void {
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
    const known = raw.get(code) ?? { offset: offset + at + 2, fragments: [] };
    known.fragments.push(bytes.subarray(at + 2, end));
    raw.set(code, known);
    at = end;
  }
}

function joined(fragments: readonly Uint8Array[]): Uint8Array {
  const [first] = fragments;
  if (first && fragments.length === 1) return first;
  return Uint8Array.from(fragments.flatMap((part) => [...part]));
}
