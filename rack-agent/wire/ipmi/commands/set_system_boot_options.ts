/** Set System Boot Options, IPMI 2.0 §28.12. */

import { ByteWriter } from "../../byte_writer.ts";
import { type IpmiCommand, NET_FN_CHASSIS } from "./ipmi_command.ts";

export const setSystemBootOptions: IpmiCommand<{ parameter: number; data: Uint8Array }, void> = {
  name: "set its boot options",
  netFn: NET_FN_CHASSIS,
  command: 0x08,
  // Bit 7 would lock the parameter; 0 leaves it writable.
  encodeRequest: ({ parameter, data }) => new ByteWriter().u8(parameter).bytes(data).finish(),
  decodeResponse: () => undefined,
  completionCodes: {
    0x80: "it does not support this boot option",
    0x81: "somebody else is setting its boot options",
    0x82: "the boot option is read-only",
  },
};
