/** Get Chassis Status, IPMI 2.0 §28.2: is the machine on? */

import { ByteReader } from "../../byte_reader.ts";
import { type IpmiCommand, NET_FN_CHASSIS } from "./ipmi_command.ts";

export interface ChassisStatus {
  readonly isOn: boolean;
  readonly hasPowerOverload: boolean;
  readonly hasPowerFault: boolean;
  /** What the machine does when mains power returns. */
  readonly restorePolicy: "stay_off" | "previous" | "turn_on" | "unknown";
}

const RESTORE_POLICIES = ["stay_off", "previous", "turn_on", "unknown"] as const;

export const getChassisStatus: IpmiCommand<void, ChassisStatus> = {
  name: "ask for the power state",
  netFn: NET_FN_CHASSIS,
  command: 0x01,
  encodeRequest: () => new Uint8Array(0),
  decodeResponse(data) {
    const reader = new ByteReader(data);
    const power = reader.u8();
    reader.take(2); // last power event, chassis state; the optional fourth byte is front panel
    return {
      isOn: (power & 0x01) !== 0,
      hasPowerOverload: (power & 0x02) !== 0,
      hasPowerFault: (power & 0x08) !== 0,
      restorePolicy: RESTORE_POLICIES[(power >> 5) & 0x03] ?? "unknown",
    };
  },
};
