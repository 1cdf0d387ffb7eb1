/** Set User Password, IPMI 2.0 §22.30: passwords, and whether a user is enabled at all. */

import { ByteWriter } from "../../byte_writer.ts";
import { type IpmiCommand, NET_FN_APP } from "./ipmi_command.ts";

export type PasswordChange =
  & { readonly userId: number }
  & (
    | { readonly operation: "disable" | "enable" }
    /** `test` fails with `bmc.command_failed` where the BMC has another password. */
    | { readonly operation: "set" | "test"; readonly password: Uint8Array }
  );

const OPERATIONS = { disable: 0, enable: 1, set: 2, test: 3 } as const;
const LONG_PASSWORD = 0x80;
const SHORT_BYTES = 16;
const LONG_BYTES = 20; // IPMI 2.0; what IPMI 1.5 sessions use is at most 16

export const setUserPassword: IpmiCommand<PasswordChange, void> = {
  name: "change a user's password",
  netFn: NET_FN_APP,
  command: 0x47,
  encodeRequest(change) {
    const { userId, operation } = change;
    if (!("password" in change)) return Uint8Array.of(userId, OPERATIONS[operation]);
    const isLong = change.password.length > SHORT_BYTES;
    const password = new Uint8Array(isLong ? LONG_BYTES : SHORT_BYTES);
    password.set(change.password);
    return new ByteWriter()
      .u8(userId | (isLong ? LONG_PASSWORD : 0))
      .u8(OPERATIONS[operation])
      .bytes(password)
      .finish();
  },
  decodeResponse: () => undefined,
  completionCodes: {
    0x80: "it has another password",
    0x81: "it keeps a password of another length",
  },
};
