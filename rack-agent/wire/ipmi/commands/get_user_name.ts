/** Get User Name, IPMI 2.0 §22.29. */

import { ByteReader } from "../../byte_reader.ts";
import { type IpmiCommand, NET_FN_APP } from "./ipmi_command.ts";

const NAME_BYTES = 16;

export const getUserName: IpmiCommand<{ userId: number }, { username: string }> = {
  name: "list its users",
  netFn: NET_FN_APP,
  command: 0x46,
  encodeRequest: ({ userId }) => Uint8Array.of(userId),
  decodeResponse(data) {
    const name = new ByteReader(data).take(NAME_BYTES);
    const end = name.indexOf(0);
    return { username: new TextDecoder().decode(end < 0 ? name : name.subarray(0, end)) };
  },
};
