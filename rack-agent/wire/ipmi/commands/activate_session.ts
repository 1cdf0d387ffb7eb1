/** Activate Session, IPMI 2.0 §22.17: proves the password of an IPMI 1.5 session. */

import { ByteReader } from "../../byte_reader.ts";
import { ByteWriter } from "../../byte_writer.ts";
import { V15_AUTH } from "../session_header.ts";
import { type IpmiCommand, NET_FN_APP } from "./ipmi_command.ts";

export interface ActivateSessionRequest {
  readonly privilege: number; // the highest that may be asked for later
  readonly challenge: Uint8Array; // as it was given
  readonly firstBmcSequence: number; // the BMC's packets count from here; not 0
}

export interface ActivatedSession {
  readonly sessionId: number;
  readonly firstConsoleSequence: number; // ours count from here
}

export const activateSession: IpmiCommand<ActivateSessionRequest, ActivatedSession> = {
  name: "open a session",
  netFn: NET_FN_APP,
  command: 0x3a,
  encodeRequest: ({ privilege, challenge, firstBmcSequence }) =>
    new ByteWriter()
      .u8(V15_AUTH.md5)
      .u8(privilege)
      .bytes(challenge)
      .u32LE(firstBmcSequence)
      .finish(),
  decodeResponse(data) {
    const reader = new ByteReader(data);
    reader.take(1); // authentication type for the rest of the session
    return { sessionId: reader.u32LE(), firstConsoleSequence: reader.u32LE() };
  },
  completionCodes: {
    0x81: "it has no free session",
    0x82: "it has no free session for this user",
    0x83: "it has no free session at this privilege level",
    0x84: "the session sequence number is out of range",
    0x85: "the session id is wrong",
    0x86: "the user or the channel may not have this privilege level",
  },
};
