/** Get Channel Authentication Capabilities, IPMI 2.0 §22.13: asked before any session. */

import { ByteReader } from "../../byte_reader.ts";
import { type IpmiCommand, NET_FN_APP, THIS_CHANNEL } from "./ipmi_command.ts";

export interface AuthenticationCapabilities {
  readonly channel: number;
  /** False on old BMCs that speak only IPMI 1.5: RMCP+ will not work. */
  readonly supportsIpmi2: boolean;
  /** The BMC has a K_g of its own, so a session needs it besides the password. */
  readonly needsBmcKey: boolean;
  /** IPMI 1.5 sessions may be signed by MD5. */
  readonly supportsMd5: boolean;
}

const WANT_IPMI2_DATA = 0x80;

export const getChannelAuthenticationCapabilities: IpmiCommand<
  { privilege: number },
  AuthenticationCapabilities
> = {
  name: "ask how to log in",
  netFn: NET_FN_APP,
  command: 0x38,
  encodeRequest: ({ privilege }) => Uint8Array.of(WANT_IPMI2_DATA | THIS_CHANNEL, privilege),
  decodeResponse(data) {
    const reader = new ByteReader(data);
    const channel = reader.u8() & 0x0f;
    const types = reader.u8();
    const hasExtendedData = (types & 0x80) !== 0;
    const supportsMd5 = (types & 0x04) !== 0;
    const needsBmcKey = (reader.u8() & 0x20) !== 0;
    const supportsIpmi2 = (reader.u8() & 0x02) !== 0;
    reader.take(4); // OEM id and data
    return {
      channel,
      supportsIpmi2: hasExtendedData && supportsIpmi2,
      needsBmcKey,
      supportsMd5,
    };
  },
};
