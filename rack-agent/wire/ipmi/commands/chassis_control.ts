/** Chassis Control, IPMI 2.0 §28.3: the power button. */

import { type IpmiCommand, NET_FN_CHASSIS } from "./ipmi_command.ts";

/** `soft` asks the operating system to shut down by ACPI; the others do not ask. */
export const CHASSIS_CONTROLS = { off: 0, on: 1, cycle: 2, reset: 3, soft: 5 } as const;
export type ChassisControl = keyof typeof CHASSIS_CONTROLS;

export const chassisControl: IpmiCommand<{ control: ChassisControl }, void> = {
  name: "switch the power",
  netFn: NET_FN_CHASSIS,
  command: 0x02,
  encodeRequest: ({ control }) => Uint8Array.of(CHASSIS_CONTROLS[control]),
  decodeResponse: () => undefined,
};
