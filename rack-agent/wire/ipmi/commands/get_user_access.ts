/** Get User Access, IPMI 2.0 §22.27: what a user of the BMC may do on a channel. */

import { ByteReader } from "../../byte_reader.ts";
import { type IpmiCommand, NET_FN_APP } from "./ipmi_command.ts";

export interface UserAccess {
  readonly usersMax: number; // user ids are 1 to this
  readonly usersEnabled: number;
  /** Undefined: the BMC does not say. */
  readonly isEnabled: boolean | undefined;
  readonly mayUseIpmi: boolean; // over LAN, on this channel
  readonly privilege: number; // 15: none on this channel
}

const IPMI_MESSAGING = 0x10;

export const getUserAccess: IpmiCommand<{ channel: number; userId: number }, UserAccess> = {
  name: "list its users",
  netFn: NET_FN_APP,
  command: 0x44,
  encodeRequest: ({ channel, userId }) => Uint8Array.of(channel, userId),
  decodeResponse(data) {
    const reader = new ByteReader(data);
    const usersMax = reader.u8() & 0x3f;
    const enabled = reader.u8();
    reader.take(1); // users with a fixed name
    const access = reader.u8();
    return {
      usersMax,
      usersEnabled: enabled & 0x3f,
      isEnabled: [undefined, true, false, undefined][enabled >> 6],
      mayUseIpmi: (access & IPMI_MESSAGING) !== 0,
      privilege: access & 0x0f,
    };
  },
};
