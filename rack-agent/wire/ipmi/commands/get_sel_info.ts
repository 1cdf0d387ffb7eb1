/** Get SEL Info, IPMI 2.0 §31.2: how full the BMC's event log is. */

import { ByteReader } from "../../byte_reader.ts";
import { type IpmiCommand, NET_FN_STORAGE } from "./ipmi_command.ts";

export interface SelInfo {
  readonly entries: number;
  readonly freeBytes: number; // 0xffff: 65535 or more
  readonly hasOverflowed: boolean; // entries were lost
}

export const getSelInfo: IpmiCommand<void, SelInfo> = {
  name: "read its event log",
  netFn: NET_FN_STORAGE,
  command: 0x40,
  encodeRequest: () => new Uint8Array(0),
  decodeResponse(data) {
    const reader = new ByteReader(data);
    reader.take(1); // version
    const entries = reader.u16LE();
    const freeBytes = reader.u16LE();
    reader.take(8); // times of the last addition and of the last erasure
    return { entries, freeBytes, hasOverflowed: (reader.u8() & 0x80) !== 0 };
  },
};
