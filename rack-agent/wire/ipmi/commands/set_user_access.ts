/** Set User Access, IPMI 2.0 §22.26. */

import { type IpmiCommand, NET_FN_APP } from "./ipmi_command.ts";

export interface UserAccessChange {
  readonly channel: number;
  readonly userId: number;
  readonly mayUseIpmi: boolean; // over LAN, on this channel
  readonly privilege: number; // PRIVILEGE, or 15 for none
}

const CHANGE_FLAGS = 0x80;
const IPMI_MESSAGING = 0x10;

export const setUserAccess: IpmiCommand<UserAccessChange, void> = {
  name: "change what a user may do",
  netFn: NET_FN_APP,
  command: 0x43,
  encodeRequest: ({ channel, userId, mayUseIpmi, privilege }) =>
    Uint8Array.of(
      CHANGE_FLAGS | (mayUseIpmi ? IPMI_MESSAGING : 0) | channel,
      userId,
      privilege,
      0, // no limit on simultaneous sessions
    ),
  decodeResponse: () => undefined,
};
