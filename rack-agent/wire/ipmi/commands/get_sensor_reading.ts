/** Get Sensor Reading, IPMI 2.0 §35.14. */

import { ByteReader } from "../../byte_reader.ts";
import { type IpmiCommand, NET_FN_SENSOR } from "./ipmi_command.ts";

export interface RawReading {
  readonly raw: number; // see sensor_record.ts for what it means
  /** False while the sensor is off, not there or not read yet: `raw` says nothing then. */
  readonly isAvailable: boolean;
  /** Threshold sensors: crossed thresholds, as in table 35-15. Others: states 0 to 14. */
  readonly states: number;
}

const SCANNING = 0x40;
const UNAVAILABLE = 0x20;

export const getSensorReading: IpmiCommand<{ sensor: number }, RawReading> = {
  name: "read a sensor",
  netFn: NET_FN_SENSOR,
  command: 0x2d,
  encodeRequest: ({ sensor }) => Uint8Array.of(sensor),
  decodeResponse(data) {
    const reader = new ByteReader(data);
    const raw = reader.u8();
    const flags = reader.u8();
    const isAvailable = (flags & SCANNING) !== 0 && (flags & UNAVAILABLE) === 0;
    // The last two bytes are optional.
    const low = reader.remainingBytes > 0 ? reader.u8() : 0;
    const high = reader.remainingBytes > 0 ? reader.u8() & 0x7f : 0;
    return { raw, isAvailable, states: low | high << 8 };
  },
};
