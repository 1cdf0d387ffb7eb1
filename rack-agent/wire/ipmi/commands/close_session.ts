/** Close Session, IPMI 2.0 §22.19: BMCs have few sessions, often four. */

import { ByteWriter } from "../../byte_writer.ts";
import { type IpmiCommand, NET_FN_APP } from "./ipmi_command.ts";

export const closeSession: IpmiCommand<{ bmcSessionId: number }, void> = {
  name: "close the session",
  netFn: NET_FN_APP,
  command: 0x3c,
  encodeRequest: ({ bmcSessionId }) => new ByteWriter().u32LE(bmcSessionId).finish(),
  decodeResponse: () => undefined,
  completionCodes: { 0x87: "it does not know the session" },
};
