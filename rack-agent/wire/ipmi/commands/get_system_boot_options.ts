/** Get System Boot Options, IPMI 2.0 §28.13. */

import { ByteReader } from "../../byte_reader.ts";
import { type IpmiCommand, NET_FN_CHASSIS } from "./ipmi_command.ts";

export interface BootOption {
  readonly parameter: number;
  readonly isLocked: boolean;
  readonly data: Uint8Array;
}

export const getSystemBootOptions: IpmiCommand<{ parameter: number }, BootOption> = {
  name: "read its boot options",
  netFn: NET_FN_CHASSIS,
  command: 0x09,
  encodeRequest: ({ parameter }) => Uint8Array.of(parameter, 0, 0), // set and block selector
  decodeResponse(data) {
    const reader = new ByteReader(data);
    reader.take(1); // parameter version, always 1
    const valid = reader.u8();
    return { parameter: valid & 0x7f, isLocked: (valid & 0x80) !== 0, data: reader.rest().slice() };
  },
  completionCodes: { 0x80: "it does not support this boot option" },
};
