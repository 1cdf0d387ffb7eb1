/** Set LAN Configuration Parameters, IPMI 2.0 §23.1. */

import { ByteWriter } from "../../byte_writer.ts";
import { type IpmiCommand, NET_FN_TRANSPORT } from "./ipmi_command.ts";

export interface LanParameterChange {
  readonly channel: number;
  readonly parameter: number; // see lan_parameters.ts
  readonly data: Uint8Array;
}

export const setLanConfiguration: IpmiCommand<LanParameterChange, void> = {
  name: "change its network settings",
  netFn: NET_FN_TRANSPORT,
  command: 0x01,
  encodeRequest: ({ channel, parameter, data }) =>
    new ByteWriter().u8(channel).u8(parameter).bytes(data).finish(),
  decodeResponse: () => undefined,
  completionCodes: {
    0x80: "it does not have this network setting",
    0x81: "somebody else is changing its network settings",
    0x82: "this network setting is read-only",
    0x83: "this network setting can only be written",
  },
};
