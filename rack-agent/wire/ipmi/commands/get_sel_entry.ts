/** Get SEL Entry, IPMI 2.0 §31.5: one record of the BMC's event log, whole. */

import { ByteReader } from "../../byte_reader.ts";
import { ByteWriter } from "../../byte_writer.ts";
import { decodeSelRecord, type SelRecord } from "../sel_record.ts";
import { type IpmiCommand, NET_FN_STORAGE } from "./ipmi_command.ts";

const WHOLE_RECORD = 0xff;

export interface SelEntry {
  readonly nextRecordId: number; // 0xffff: this is the newest
  readonly record: SelRecord;
}

/** `recordId` 0 is the oldest entry, 0xffff the newest. */
export const getSelEntry: IpmiCommand<{ recordId: number }, SelEntry> = {
  name: "read its event log",
  netFn: NET_FN_STORAGE,
  command: 0x43,
  encodeRequest: ({ recordId }) =>
    new ByteWriter().u16LE(0).u16LE(recordId).u8(0).u8(WHOLE_RECORD).finish(), // no reservation
  decodeResponse(data) {
    const reader = new ByteReader(data);
    const nextRecordId = reader.u16LE();
    return { nextRecordId, record: decodeSelRecord(reader.rest()) };
  },
  completionCodes: { 0x81: "its event log is being erased" },
};
