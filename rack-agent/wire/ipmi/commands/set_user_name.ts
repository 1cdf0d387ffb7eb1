/** Set User Name, IPMI 2.0 §22.28. */

import { ByteWriter } from "../../byte_writer.ts";
import { type IpmiCommand, NET_FN_APP } from "./ipmi_command.ts";

const NAME_BYTES = 16;

/** `username` is at most 16 bytes of UTF-8; an empty one removes the name. */
export const setUserName: IpmiCommand<{ userId: number; username: string }, void> = {
  name: "name a user",
  netFn: NET_FN_APP,
  command: 0x45,
  encodeRequest({ userId, username }) {
    const name = new Uint8Array(NAME_BYTES);
    name.set(new TextEncoder().encode(username));
    return new ByteWriter().u8(userId).bytes(name).finish();
  },
  decodeResponse: () => undefined,
};
