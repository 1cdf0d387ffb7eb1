/** Get Session Challenge, IPMI 2.0 §22.16: begins an IPMI 1.5 session. */

import { ByteReader } from "../../byte_reader.ts";
import { ByteWriter } from "../../byte_writer.ts";
import { V15_AUTH } from "../session_header.ts";
import { type IpmiCommand, NET_FN_APP } from "./ipmi_command.ts";

export interface SessionChallenge {
  readonly temporarySessionId: number;
  readonly challenge: Uint8Array; // 16 bytes
}

const NAME_BYTES = 16;
const CHALLENGE_BYTES = 16;

export const getSessionChallenge: IpmiCommand<{ username: Uint8Array }, SessionChallenge> = {
  name: "open a session",
  netFn: NET_FN_APP,
  command: 0x39,
  encodeRequest({ username }) {
    const name = new Uint8Array(NAME_BYTES);
    name.set(username);
    return new ByteWriter().u8(V15_AUTH.md5).bytes(name).finish();
  },
  decodeResponse(data) {
    const reader = new ByteReader(data);
    const temporarySessionId = reader.u32LE();
    return { temporarySessionId, challenge: reader.take(CHALLENGE_BYTES).slice() };
  },
  completionCodes: {
    0x81: "it does not know the user",
    0x82: "it has no anonymous user",
  },
};
