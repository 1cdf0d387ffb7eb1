/** Get SDR Repository Info, IPMI 2.0 §33.9: how many sensor data records there are. */

import { ByteReader } from "../../byte_reader.ts";
import { type IpmiCommand, NET_FN_STORAGE } from "./ipmi_command.ts";

export interface SdrRepositoryInfo {
  readonly records: number;
  /** Seconds since 1970 by the BMC's clock: when records were added or erased last. */
  readonly changedSeconds: number;
}

export const getSdrRepositoryInfo: IpmiCommand<void, SdrRepositoryInfo> = {
  name: "describe its sensors",
  netFn: NET_FN_STORAGE,
  command: 0x20,
  encodeRequest: () => new Uint8Array(0),
  decodeResponse(data) {
    const reader = new ByteReader(data);
    reader.take(1); // version
    const records = reader.u16LE();
    reader.take(2); // free space
    const changed = Math.max(reader.u32LE(), reader.u32LE());
    reader.take(1); // what the repository supports
    return { records, changedSeconds: changed };
  },
};
