/** ICMPv6 types of RFC 4861 §4.1 and §4.2. */
export const ROUTER_SOLICITATION = 133;
const ROUTER_ADVERTISEMENT = 134;

/**
 * A router advertisement of somebody who is no router: lifetime 0, no prefix, no flags.
 *
 * RFC 4861 §4.2: with a lifetime of 0 the sender is not used as a default router, and without the
 * M and O flags nobody asks for DHCPv6. The kernel fills in the checksum (RFC 3542 §3.1).
 */
export function encodeEmptyRouterAdvertisement(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(new ArrayBuffer(16)); // hop limit, timers and lifetime: unspecified
  bytes[0] = ROUTER_ADVERTISEMENT;
  return bytes;
}
