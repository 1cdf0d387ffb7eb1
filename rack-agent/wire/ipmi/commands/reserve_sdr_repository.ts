/** Reserve SDR Repository, IPMI 2.0 §33.11: a record is read in parts only with a reservation. */

import { ByteReader } from "../../byte_reader.ts";
import { type IpmiCommand, NET_FN_STORAGE } from "./ipmi_command.ts";

export const reserveSdrRepository: IpmiCommand<void, { reservation: number }> = {
  name: "describe its sensors",
  netFn: NET_FN_STORAGE,
  command: 0x22,
  encodeRequest: () => new Uint8Array(0),
  decodeResponse: (data) => ({ reservation: new ByteReader(data).u16LE() }),
};
