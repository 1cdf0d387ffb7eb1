/** Sensor data records: what sensors there are and how to read their numbers, IPMI 2.0 §43. */

import { ByteReader } from "../byte_reader.ts";
import { SENSOR_TYPES, SENSOR_UNITS } from "./sensor_table.ts";

/** A sensor that can be asked by its number. */
export interface SensorRecord {
  readonly kind: "sensor";
  readonly recordId: number;
  readonly sensor: number;
  readonly name: string;
  readonly type: string; // such as "temperature"
  /** True: the reading is a number; false: it is a set of states. */
  readonly isThreshold: boolean;
  readonly conversion?: Conversion; // absent: the reading has no number
}

/** Anything else that describes the machine: boards, controllers, OEM data. */
export interface OtherRecord {
  readonly kind: "other";
  readonly recordId: number;
  readonly type: number;
}

/** From raw byte to value: (m·x + b·10^bExponent)·10^rExponent, IPMI 2.0 §36.3. */
export interface Conversion {
  readonly format: "unsigned" | "ones_complement" | "twos_complement";
  readonly m: number;
  readonly b: number;
  readonly bExponent: number;
  readonly rExponent: number;
  readonly unit: string;
  readonly isPercentage: boolean;
}

export const SDR_HEADER_BYTES = 5;
const FULL_SENSOR = 0x01; // §43.1
const COMPACT_SENSOR = 0x02; // §43.2
const THRESHOLD_EVENTS = 0x01; // table 42-1
const FORMATS = ["unsigned", "ones_complement", "twos_complement"] as const;

/** Length of a record by its header, header included. */
export function sdrBytes(header: Uint8Array): number {
  const reader = new ByteReader(header);
  reader.take(SDR_HEADER_BYTES - 1);
  return SDR_HEADER_BYTES + reader.u8();
}

export function decodeSensorRecord(bytes: Uint8Array): SensorRecord | OtherRecord {
  const reader = new ByteReader(bytes);
  const recordId = reader.u16LE();
  reader.take(1); // version
  const type = reader.u8();
  reader.take(1); // length
  if (type !== FULL_SENSOR && type !== COMPACT_SENSOR) return { kind: "other", recordId, type };
  reader.take(2); // owner
  const sensor = reader.u8();
  reader.take(4); // entity, initialization, capabilities
  const sensorType = reader.u8();
  const eventType = reader.u8();
  reader.take(6); // event and threshold masks
  const units = [reader.u8(), reader.u8(), reader.u8()] as const;
  const isThreshold = eventType === THRESHOLD_EVENTS;
  const conversion = type === FULL_SENSOR ? decodeConversion(reader, units) : undefined;
  // Record offsets 48 and 32 (from 1) are where the name begins, §43.1 and §43.2.
  reader.take((type === FULL_SENSOR ? 47 : 31) - reader.offset);
  return {
    kind: "sensor",
    recordId,
    sensor,
    name: decodeName(reader),
    type: SENSOR_TYPES[sensorType] ?? `type 0x${sensorType.toString(16)}`,
    isThreshold,
    ...(conversion && isThreshold ? { conversion } : {}),
  };
}

/** The value of a raw reading; rounded to what the record's exponent can tell apart. */
export function convertReading(raw: number, conversion: Conversion): number {
  const { format, m, b, bExponent, rExponent } = conversion;
  const x = signed(raw, format);
  const value = (m * x + b * 10 ** bExponent) * 10 ** rExponent;
  return Number(value.toFixed(Math.min(6, Math.max(0, -rExponent))));
}

function signed(raw: number, format: Conversion["format"]): number {
  if (format === "unsigned" || raw < 0x80) return raw;
  return format === "twos_complement" ? raw - 0x100 : raw - 0xff;
}

function decodeConversion(
  reader: ByteReader,
  [flags, baseUnit, modifier]: readonly [number, number, number],
): Conversion | undefined {
  const linearization = reader.u8() & 0x7f;
  const mLow = reader.u8();
  const mHigh = reader.u8();
  const bLow = reader.u8();
  const bHigh = reader.u8();
  reader.take(1); // accuracy
  const exponents = reader.u8();
  const format = FORMATS[flags >> 6];
  // A curve other than a line needs factors per reading, which BMCs hardly ever have.
  if (format === undefined || linearization !== 0) return undefined;
  return {
    format,
    m: fromBits(mLow | (mHigh & 0xc0) << 2, 10),
    b: fromBits(bLow | (bHigh & 0xc0) << 2, 10),
    bExponent: fromBits(exponents & 0x0f, 4),
    rExponent: fromBits(exponents >> 4, 4),
    unit: unitOf(flags, baseUnit, modifier),
    isPercentage: (flags & 0x01) !== 0,
  };
}

function unitOf(flags: number, base: number, modifier: number): string {
  if ((flags & 0x01) !== 0) return "%";
  const name = SENSOR_UNITS[base] ?? (base === 0 ? "" : `unit ${base}`);
  const relation = ["", "/", "·"][flags >> 1 & 0x03] ?? "";
  return relation === "" ? name : name + relation + (SENSOR_UNITS[modifier] ?? String(modifier));
}

/** Two's complement of `bits` bits. */
function fromBits(value: number, bits: number): number {
  return value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}

/** A type/length byte and the text, IPMI 2.0 §43.15; forms that nobody uses become hex digits. */
function decodeName(reader: ByteReader): string {
  const typeLength = reader.u8();
  const bytes = reader.take(Math.min(typeLength & 0x1f, reader.remainingBytes));
  switch (typeLength >> 6) {
    case 3:
      return new TextDecoder("latin1").decode(bytes).replaceAll("\0", "").trim();
    case 2:
      return decodeSixBits(bytes);
    default:
      return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join("");
  }
}

/** Six-bit ASCII, least significant bits first, IPMI 2.0 §43.16. */
function decodeSixBits(bytes: Uint8Array): string {
  let bits = 0;
  let held = 0;
  let text = "";
  for (const octet of bytes) {
    held |= octet << bits;
    bits += 8;
    for (; bits >= 6; bits -= 6, held >>= 6) text += String.fromCharCode(0x20 + (held & 0x3f));
  }
  return text.trimEnd();
}
