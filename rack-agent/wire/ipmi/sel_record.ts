/** One record of a BMC's event log, IPMI 2.0 §32. */

import { ByteReader } from "../byte_reader.ts";

export type SelRecord =
  | {
    readonly kind: "event"; // §32.1
    readonly recordId: number;
    readonly atSeconds: number | undefined; // since 1970 by the BMC's clock; undefined: unset
    readonly sensorType: number; // table 42-3
    readonly sensor: number;
    readonly isAsserted: boolean;
    readonly eventType: number; // table 42-1
    readonly data: Uint8Array; // 3 bytes
  }
  | { readonly kind: "oem"; readonly recordId: number; readonly type: number }; // §32.2, §32.3

export const SEL_RECORD_BYTES = 16;
const SYSTEM_EVENT = 0x02;
/** IPMI 2.0 §37.1: below this the clock has only counted since the BMC started. */
const CLOCK_UNSET_SECONDS = 0x2000_0000;

export function decodeSelRecord(bytes: Uint8Array): SelRecord {
  const reader = new ByteReader(new ByteReader(bytes).take(SEL_RECORD_BYTES));
  const recordId = reader.u16LE();
  const type = reader.u8();
  if (type !== SYSTEM_EVENT) return { kind: "oem", recordId, type };
  const seconds = reader.u32LE();
  reader.take(3); // generator id, format
  const sensorType = reader.u8();
  const sensor = reader.u8();
  const direction = reader.u8();
  return {
    kind: "event",
    recordId,
    atSeconds: seconds < CLOCK_UNSET_SECONDS || seconds === 0xffff_ffff ? undefined : seconds,
    sensorType,
    sensor,
    isAsserted: (direction & 0x80) === 0,
    eventType: direction & 0x7f,
    data: reader.take(3).slice(),
  };
}
