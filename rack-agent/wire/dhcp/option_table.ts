import {
  classlessRouteList,
  domainNameList,
  ipv4,
  ipv4List,
  opaque,
  text,
  u16,
  u16List,
  u32,
  u8,
  u8List,
  userClassList,
} from "./option_formats.ts";

/**
 * Every DHCPv4 option this agent reads or writes, in the order it sends them.
 *
 * To add an option, add a line here: the codec and its types follow. The order is also the
 * priority: when a client's packet is too small for all, the last ones are left out.
 */
export const OPTIONS = {
  messageType: { code: 53, format: u8 }, //             RFC 2132 §9.6
  serverId: { code: 54, format: ipv4 }, //              RFC 2132 §9.7
  leaseSeconds: { code: 51, format: u32 }, //           RFC 2132 §9.2
  renewalSeconds: { code: 58, format: u32 }, //         RFC 2132 §9.11, T1
  rebindingSeconds: { code: 59, format: u32 }, //       RFC 2132 §9.12, T2
  subnetMask: { code: 1, format: ipv4 }, //             RFC 2132 §3.3
  routers: { code: 3, format: ipv4List }, //            RFC 2132 §3.5
  message: { code: 56, format: text }, //               RFC 2132 §9.9, why a NAK
  clientId: { code: 61, format: opaque }, //            RFC 2132 §9.14, echoed per RFC 6842
  vendorClass: { code: 60, format: text }, //           RFC 2132 §9.13, "PXEClient:…", "HTTPClient:…"
  bootFileName: { code: 67, format: text }, //          RFC 2132 §9.5
  tftpServerName: { code: 66, format: text }, //        RFC 2132 §9.4
  ipxeOptions: { code: 175, format: opaque }, //        iPXE, encapsulated settings (ipxe.org/howto/dhcpd)
  vendorSpecific: { code: 43, format: opaque }, //      RFC 2132 §8.4
  dnsServers: { code: 6, format: ipv4List }, //         RFC 2132 §3.8
  hostName: { code: 12, format: text }, //              RFC 2132 §3.14
  domainName: { code: 15, format: text }, //            RFC 2132 §3.17
  broadcastAddress: { code: 28, format: ipv4 }, //      RFC 2132 §5.3
  interfaceMtu: { code: 26, format: u16 }, //           RFC 2132 §5.1
  ntpServers: { code: 42, format: ipv4List }, //        RFC 2132 §8.3
  domainSearch: { code: 119, format: domainNameList }, // RFC 3397 §2
  classlessRoutes: { code: 121, format: classlessRouteList }, // RFC 3442
  subnetSelection: { code: 118, format: ipv4 }, //      RFC 3011 §2
  requestedAddress: { code: 50, format: ipv4 }, //      RFC 2132 §9.1
  parameterRequestList: { code: 55, format: u8List }, // RFC 2132 §9.8
  maxMessageBytes: { code: 57, format: u16 }, //        RFC 2132 §9.10
  userClasses: { code: 77, format: userClassList }, //  RFC 3004 §4
  clientArchitectures: { code: 93, format: u16List }, // RFC 4578 §2.1, a list: UEFI may offer several
  clientInterface: { code: 94, format: opaque }, //     RFC 4578 §2.2, UNDI version
  machineUuid: { code: 97, format: opaque }, //         RFC 4578 §2.3, type byte and GUID
  agentInformation: { code: 82, format: opaque }, //    RFC 3046 §2.2: echoed, and last
} as const;

/** Codes that only the server can fill in: what makes a lease, and what it must echo. */
const SERVER_CODES: readonly number[] = [1, 50, 51, 52, 53, 54, 55, 57, 58, 59, 61, 82, 97];

/** True when a person's own option of this code would break the protocol. */
export function isServerOption(code: number): boolean {
  return SERVER_CODES.includes(code);
}
