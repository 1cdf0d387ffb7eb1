import { FIRST_RECORD, getSdr, LAST_RECORD } from "../../wire/ipmi/commands/get_sdr.ts";
import { getSdrRepositoryInfo } from "../../wire/ipmi/commands/get_sdr_repository_info.ts";
import { getSensorReading } from "../../wire/ipmi/commands/get_sensor_reading.ts";
import { reserveSdrRepository } from "../../wire/ipmi/commands/reserve_sdr_repository.ts";
import {
  convertReading,
  decodeSensorRecord,
  SDR_HEADER_BYTES,
  sdrBytes,
  type SensorRecord,
} from "../../wire/ipmi/sensor_record.ts";
import { type IpmiRunner, isBmcFault } from "./ipmi_runner.ts";

/** What one sensor says. */
export interface SensorReading {
  readonly name: string;
  readonly type: string; // such as "temperature"
  /** A number in `unit`; absent: not available now, or the sensor has states only. */
  readonly value?: number;
  readonly unit?: string;
  /** Bits of table 35-15 (threshold sensors) or of the sensor type's states. */
  readonly states: number;
  readonly isAvailable: boolean;
}

/** Of one part of a record: BMCs refuse longer ones, and a LAN message has no room for them. */
const PART_BYTES = 22;
const RECORDS_MAX = 1_000;
const RESERVATIONS_MAX = 3;

/** Reads every sensor there is. Two requests per sensor and more: not for a poll. */
export async function readSensors(bmc: IpmiRunner): Promise<SensorReading[]> {
  const readings: SensorReading[] = [];
  for (const record of await readSensorRecords(bmc)) {
    readings.push(await readSensor(bmc, record));
  }
  return readings;
}

/** The records of all sensors, in the BMC's order. */
export async function readSensorRecords(bmc: IpmiRunner): Promise<SensorRecord[]> {
  const { records } = await bmc.run(getSdrRepositoryInfo, undefined);
  const sensors: SensorRecord[] = [];
  let recordId = records === 0 ? LAST_RECORD : FIRST_RECORD;
  for (let count = 0; recordId !== LAST_RECORD && count < RECORDS_MAX; count++) {
    const { bytes, nextRecordId } = await readRecord(bmc, recordId);
    const record = decodeSensorRecord(bytes);
    if (record.kind === "sensor") sensors.push(record);
    recordId = nextRecordId;
  }
  return sensors;
}

async function readSensor(bmc: IpmiRunner, record: SensorRecord): Promise<SensorReading> {
  const { name, type, conversion } = record;
  const reading = await bmc.run(getSensorReading, { sensor: record.sensor }).catch((error) => {
    if (isBmcFault(error, "bmc.command_failed")) return undefined; // listed, and not there
    throw error;
  });
  if (!reading?.isAvailable) return { name, type, states: 0, isAvailable: false };
  const { states, raw } = reading;
  if (!conversion) return { name, type, states, isAvailable: true };
  const value = convertReading(raw, conversion);
  return { name, type, value, unit: conversion.unit, states, isAvailable: true };
}

/** Begins again where the reservation was lost: another console asked for one meanwhile. */
async function readRecord(bmc: IpmiRunner, recordId: number) {
  for (let attempt = 1;; attempt++) {
    try {
      return await readReserved(bmc, recordId);
    } catch (error) {
      if (attempt === RESERVATIONS_MAX || !isBmcFault(error, "bmc.command_failed")) throw error;
    }
  }
}

async function readReserved(bmc: IpmiRunner, recordId: number) {
  const { reservation } = await bmc.run(reserveSdrRepository, undefined);
  const part = (offset: number, bytes: number) =>
    bmc.run(getSdr, { reservation, recordId, offset, bytes });
  const header = await part(0, SDR_HEADER_BYTES);
  const length = sdrBytes(header.data);
  const bytes = new Uint8Array(length);
  bytes.set(header.data.subarray(0, SDR_HEADER_BYTES));
  for (let offset = SDR_HEADER_BYTES; offset < length; offset += PART_BYTES) {
    const wanted = Math.min(PART_BYTES, length - offset);
    const { data } = await part(offset, wanted);
    bytes.set(data.subarray(0, wanted), offset);
  }
  return { bytes, nextRecordId: header.nextRecordId };
}
