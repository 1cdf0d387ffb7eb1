/** Get LAN Configuration Parameters, IPMI 2.0 §23.2. */

import { ByteReader } from "../../byte_reader.ts";
import { type IpmiCommand, NET_FN_TRANSPORT } from "./ipmi_command.ts";

export interface LanParameterRequest {
  readonly channel: number;
  readonly parameter: number; // see lan_parameters.ts
}

export const getLanConfiguration: IpmiCommand<LanParameterRequest, { data: Uint8Array }> = {
  name: "read its network settings",
  netFn: NET_FN_TRANSPORT,
  command: 0x02,
  encodeRequest: ({ channel, parameter }) => Uint8Array.of(channel, parameter, 0, 0), // set, block
  decodeResponse(data) {
    const reader = new ByteReader(data);
    reader.take(1); // parameter revision
    return { data: reader.rest().slice() };
  },
  completionCodes: { 0x80: "it does not have this network setting" },
};
