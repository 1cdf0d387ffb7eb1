/** Chassis Identify, IPMI 2.0 §28.5: lights the lamp by which a person finds the machine. */

import { type IpmiCommand, NET_FN_CHASSIS } from "./ipmi_command.ts";

export interface IdentifyRequest {
  /** 0 puts it out; at most 255; `forever`: until told otherwise, where the BMC can. */
  readonly seconds: number | "forever";
}

export const chassisIdentify: IpmiCommand<IdentifyRequest, void> = {
  name: "light its locator lamp",
  netFn: NET_FN_CHASSIS,
  command: 0x04,
  encodeRequest: ({ seconds }) =>
    seconds === "forever" ? Uint8Array.of(0, 0x01) : Uint8Array.of(seconds),
  decodeResponse: () => undefined,
};
