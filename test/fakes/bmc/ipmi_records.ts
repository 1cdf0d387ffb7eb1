/** What the simulated machine has to tell: its sensors and its event log, as bytes of IPMI 2.0. */

import { ByteWriter } from "@/rack-agent/wire/byte_writer.ts";

interface FullSensor {
  readonly id: number;
  readonly sensor: number;
  readonly name: string;
  readonly type: number; // table 42-3
  readonly unit: number; // table 43-15
  readonly m: number;
  readonly rExponent: number; // -8 to 7
}

/** Readings by sensor number; `-23` in the second is there for the sign. */
export const READINGS: Readonly<Record<number, number>> = { 1: 41, 2: 0xe9, 3: 200, 4: 120, 5: 1 };

/** IPMI 2.0 §43.1, a sensor with a number. */
function fullSensor({ id, sensor, name, type, unit, m, rExponent }: FullSensor): Uint8Array {
  const isSigned = sensor === 2;
  const key = [0x20, 0x00, sensor];
  const entity = [0x03, 0x01, 0x7f, 0x68]; // processor 1, all initialized, readable thresholds
  const masks = [0x80, 0x0a, 0x80, 0x7a, 0x38, 0x38];
  const units = [isSigned ? 0x80 : 0x00, unit, 0x00];
  const factors = [0x00, m & 0xff, m >> 2 & 0xc0, 0x00, 0x00, 0x00, (rExponent & 0x0f) << 4];
  const limits = [0x07, 40, 80, 10, 255, 0, 95, 90, 85, 5, 8, 12, 2, 2, 0, 0, 0];
  const body = [...key, ...entity, type, 0x01, ...masks, ...units, ...factors, ...limits];
  return record(id, 0x01, body, name);
}

/** IPMI 2.0 §43.2, a sensor with states only: power supply, presence. */
function compactSensor(id: number, sensor: number, name: string): Uint8Array {
  const key = [0x20, 0x00, sensor];
  const entity = [0x0a, 0x01, 0x67, 0x40];
  const masks = [0x0f, 0x00, 0x0f, 0x00, 0x0f, 0x00];
  const rest = [0xc0, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00];
  return record(id, 0x02, [...key, ...entity, 0x08, 0x6f, ...masks, ...rest], name);
}

/** IPMI 2.0 §43.9, the management controller itself. */
function controller(id: number, name: string): Uint8Array {
  return record(id, 0x12, [0x20, 0x00, 0x00, 0xbf, 0, 0, 0, 0x06, 0x01, 0x00], name);
}

function record(id: number, type: number, body: readonly number[], name: string): Uint8Array {
  const text = new TextEncoder().encode(name);
  return new ByteWriter()
    .u16LE(id).u8(0x51).u8(type).u8(body.length + 1 + text.length)
    .bytes(Uint8Array.from(body))
    .u8(0xc0 | text.length) // 8-bit ASCII
    .bytes(text)
    .finish();
}

export const SENSOR_RECORDS: readonly Uint8Array[] = [
  controller(1, "Simulated BMC"),
  fullSensor({ id: 2, sensor: 1, name: "CPU Temp", type: 1, unit: 1, m: 1, rExponent: 0 }),
  fullSensor({ id: 3, sensor: 2, name: "Inlet Temp", type: 1, unit: 1, m: 1, rExponent: 0 }),
  fullSensor({ id: 4, sensor: 3, name: "12V", type: 2, unit: 4, m: 6, rExponent: -2 }),
  fullSensor({ id: 5, sensor: 4, name: "Fan 1", type: 4, unit: 18, m: 60, rExponent: 0 }),
  compactSensor(6, 5, "PSU 1"),
];

/** IPMI 2.0 §32.1. */
function event(
  id: number,
  atSeconds: number,
  own: { type: number; sensor: number; direction: number; data: readonly number[] },
): Uint8Array {
  return new ByteWriter()
    .u16LE(id).u8(0x02).u32LE(atSeconds)
    .u16LE(0x0020).u8(0x04)
    .u8(own.type).u8(own.sensor).u8(own.direction)
    .bytes(Uint8Array.from(own.data))
    .finish();
}

const FIRST_EVENT_SECONDS = 1_767_225_600; // 2026-01-01T00:00:00Z

export const EVENT_RECORDS: readonly Uint8Array[] = [
  event(1, FIRST_EVENT_SECONDS, {
    type: 0x08,
    sensor: 5,
    direction: 0x6f,
    data: [0x03, 0xff, 0xff],
  }),
  event(2, FIRST_EVENT_SECONDS + 60, { type: 1, sensor: 1, direction: 0x01, data: [0x59, 92, 90] }),
  event(3, FIRST_EVENT_SECONDS + 90, { type: 1, sensor: 1, direction: 0x81, data: [0x59, 80, 90] }),
];
