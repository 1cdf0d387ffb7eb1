import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { convertReading, decodeSensorRecord, sdrBytes } from "../sensor_record.ts";
import { chassisIdentify } from "./chassis_identify.ts";
import { getLanConfiguration } from "./get_lan_configuration.ts";
import { getSdr } from "./get_sdr.ts";
import { getSelEntry } from "./get_sel_entry.ts";
import { getSelInfo } from "./get_sel_info.ts";
import { getSensorReading } from "./get_sensor_reading.ts";
import { setLanConfiguration } from "./set_lan_configuration.ts";

// Requests are ipmitool 1.8.19's and answers OpenIPMI's simulator's unless a test says otherwise.

test("get sdr asks for the header of a record under a reservation", () => {
  expect([getSdr.netFn, getSdr.command]).toEqual([0x0a, 0x23]);
  const request = { reservation: 2, recordId: 0, offset: 0, bytes: 5 };
  expect(getSdr.encodeRequest(request)).toEqual(hex("02 00 00 00 00 05"));
  expect(getSdr.decodeResponse(hex("ff ff 01 00 51 01 33"))).toEqual({
    nextRecordId: 0xffff,
    data: hex("01 00 51 01 33"),
  });
});

/** Written by hand after IPMI 2.0 table 43-1: a voltage of 0.06 V a step, signed. */
const VOLTAGE = hex(`
  04 00 51 01 2e   # record 4, version 1.5, full sensor, 46 bytes follow
  20 00 03         # owned by the BMC, sensor 3
  03 01 7f 68      # processor 1; initialized; capabilities
  02 01            # voltage, threshold events
  80 0a 80 7a 38 38
  80 04 00         # two's complement, volts
  00               # linear
  06 00            # M = 6
  9c c0            # B = 0x39c: -100 in ten bits
  00 e1            # R exponent -2, B exponent 1
  07 28 50 0a ff 00 5f 5a 55 05 08 0c 02 02 00 00 00
  c3 31 32 56      # name: 3 bytes of text`);

test("a full sensor record, its length and its conversion", () => {
  expect(sdrBytes(VOLTAGE)).toBe(VOLTAGE.length);
  const record = decodeSensorRecord(VOLTAGE);
  expect(record).toEqual({
    kind: "sensor",
    recordId: 4,
    sensor: 3,
    name: "12V",
    type: "voltage",
    isThreshold: true,
    conversion: {
      format: "twos_complement",
      m: 6,
      b: -100,
      bExponent: 1,
      rExponent: -2,
      unit: "V",
      isPercentage: false,
    },
  });
  if (record.kind !== "sensor" || !record.conversion) throw new Error("no conversion");
  expect(convertReading(0x64, record.conversion)).toBe(-4); // (6·100 − 1000) / 100
  expect(convertReading(0xff, record.conversion)).toBe(-10.06); // (6·−1 − 1000) / 100
});

test("a compact record has states and no number; a controller's record is no sensor", () => {
  const compact = hex(`
    06 00 51 02 1d 20 00 05 0a 01 67 40 08 6f 0f 00 0f 00 0f 00 c0 00 00
    01 00 00 00 00 00 00 00 c2 50 31`);
  expect(decodeSensorRecord(compact)).toEqual({
    kind: "sensor",
    recordId: 6,
    sensor: 5,
    name: "P1",
    type: "power supply",
    isThreshold: false,
  });
  expect(decodeSensorRecord(hex("01 00 51 12 00"))).toEqual({
    kind: "other",
    recordId: 1,
    type: 0x12,
  });
});

test("a name in six-bit ASCII, the specification's own example", () => {
  // "IPMI" is 29 dc a6, IPMI 2.0 §43.16.
  const record = VOLTAGE.slice(0, 47);
  expect(decodeSensorRecord(Uint8Array.of(...record, 0x83, 0x29, 0xdc, 0xa6))).toMatchObject({
    name: "IPMI",
  });
});

test("get sensor reading", () => {
  expect([getSensorReading.netFn, getSensorReading.command]).toEqual([0x04, 0x2d]);
  const { decodeResponse } = getSensorReading;
  expect(getSensorReading.encodeRequest({ sensor: 1 })).toEqual(hex("01"));
  expect(decodeResponse(hex("29 c0 c0"))).toEqual({ raw: 41, isAvailable: true, states: 0xc0 });
  expect(decodeResponse(hex("00 c0 01 80"))).toEqual({ raw: 0, isAvailable: true, states: 1 });
  expect(decodeResponse(hex("29 e0 c0")).isAvailable).toBe(false); // being updated
  expect(decodeResponse(hex("29 80")).isAvailable).toBe(false); // scanning is off
});

test("get sel info", () => {
  expect([getSelInfo.netFn, getSelInfo.command]).toEqual([0x0a, 0x40]);
  const answer = hex("51 00 00 80 3e 00 00 00 00 00 00 00 00 0a");
  expect(getSelInfo.decodeResponse(answer)).toEqual({
    entries: 0,
    freeBytes: 16_000,
    hasOverflowed: false,
  });
  expect(getSelInfo.decodeResponse(answer.with(13, 0x8a)).hasOverflowed).toBe(true);
});

test("get sel entry: an event, one of a clock that was never set, and an OEM record", () => {
  expect([getSelEntry.netFn, getSelEntry.command]).toEqual([0x0a, 0x43]);
  expect(getSelEntry.encodeRequest({ recordId: 0 })).toEqual(hex("00 00 00 00 00 ff"));
  const answer = hex(`
    ff ff            # the last
    02 00 02         # record 2, system event
    3c b3 55 69      # 2025-12-31T23:35:24Z
    20 00 04         # from the BMC
    01 01            # temperature, sensor 1
    81               # deasserted, threshold
    59 50 5a`);
  expect(getSelEntry.decodeResponse(answer)).toEqual({
    nextRecordId: 0xffff,
    record: {
      kind: "event",
      recordId: 2,
      atSeconds: Date.UTC(2025, 11, 31, 23, 35, 24) / 1_000,
      sensorType: 1,
      sensor: 1,
      isAsserted: false,
      eventType: 1,
      data: hex("59 50 5a"),
    },
  });
  const early = getSelEntry.decodeResponse(answer.with(8, 0x00)).record;
  expect(early).toMatchObject({ atSeconds: undefined });
  expect(getSelEntry.decodeResponse(answer.with(4, 0xc0)).record).toEqual({
    kind: "oem",
    recordId: 2,
    type: 0xc0,
  });
});

test("LAN configuration: reading and writing the address", () => {
  expect([getLanConfiguration.netFn, getLanConfiguration.command]).toEqual([0x0c, 0x02]);
  expect([setLanConfiguration.netFn, setLanConfiguration.command]).toEqual([0x0c, 0x01]);
  expect(getLanConfiguration.encodeRequest({ channel: 1, parameter: 3 })).toEqual(
    hex("01 03 00 00"),
  );
  expect(getLanConfiguration.decodeResponse(hex("11 c0 00 02 09")).data).toEqual(
    hex("c0 00 02 09"),
  );
  const change = { channel: 1, parameter: 3, data: hex("c0 00 02 09") };
  expect(setLanConfiguration.encodeRequest(change)).toEqual(hex("01 03 c0 00 02 09"));
});

test("chassis identify", () => {
  expect([chassisIdentify.netFn, chassisIdentify.command]).toEqual([0x00, 0x04]);
  expect(chassisIdentify.encodeRequest({ seconds: 30 })).toEqual(hex("1e"));
  expect(chassisIdentify.encodeRequest({ seconds: "forever" })).toEqual(hex("00 01"));
});
