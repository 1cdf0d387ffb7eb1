/** Set Session Privilege Level, IPMI 2.0 §22.18: a new session starts as user. */

import { ByteReader } from "../../byte_reader.ts";
import { type IpmiCommand, NET_FN_APP } from "./ipmi_command.ts";

export const setSessionPrivilegeLevel: IpmiCommand<{ privilege: number }, { privilege: number }> = {
  name: "raise the session's privilege",
  netFn: NET_FN_APP,
  command: 0x3b,
  encodeRequest: ({ privilege }) => Uint8Array.of(privilege),
  decodeResponse: (data) => ({ privilege: new ByteReader(data).u8() & 0x0f }),
  completionCodes: {
    0x80: "the user may not have this privilege level",
    0x81: "the channel or the user is limited to a lower privilege level",
    0x82: "this privilege level cannot be disabled",
  },
};
