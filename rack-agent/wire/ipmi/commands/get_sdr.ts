/** Get SDR, IPMI 2.0 §33.12: part of one sensor data record. */

import { ByteReader } from "../../byte_reader.ts";
import { ByteWriter } from "../../byte_writer.ts";
import { type IpmiCommand, NET_FN_STORAGE } from "./ipmi_command.ts";

export interface GetSdrRequest {
  readonly reservation: number;
  readonly recordId: number; // 0: the first
  readonly offset: number;
  readonly bytes: number;
}

export interface SdrPart {
  readonly nextRecordId: number; // 0xffff: this is the last
  readonly data: Uint8Array;
}

export const FIRST_RECORD = 0x0000;
export const LAST_RECORD = 0xffff;

export const getSdr: IpmiCommand<GetSdrRequest, SdrPart> = {
  name: "describe its sensors",
  netFn: NET_FN_STORAGE,
  command: 0x23,
  encodeRequest: ({ reservation, recordId, offset, bytes }) =>
    new ByteWriter().u16LE(reservation).u16LE(recordId).u8(offset).u8(bytes).finish(),
  decodeResponse(data) {
    const reader = new ByteReader(data);
    return { nextRecordId: reader.u16LE(), data: reader.rest().slice() };
  },
};
