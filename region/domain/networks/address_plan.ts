import { ipFromBigint, ipToBigint } from "@/shared/net/ip_address.ts";
import type { IpAddress } from "@/shared/net/ip_address.ts";
import type { IpNetwork } from "@/shared/net/ip_network.ts";
import { type AddressRange, only, withoutAddresses } from "./address_ranges.ts";
import type { SubnetPlan } from "./network_rules.ts";

/** Everything of a subnet that a machine could have: not its ends. */
export function usableAddresses({ family, first, last }: IpNetwork): AddressRange {
  return {
    // IPv6's first address is the subnet-router anycast address, RFC 4291 §2.6.1.
    first: ipFromBigint(ipToBigint(first) + 1n, family),
    last: family === 4 ? ipFromBigint(ipToBigint(last) - 1n, family) : last,
  };
}

/**
 * The addresses that may be given to somebody who did not name one, in order.
 *
 * In a managed subnet all that nobody set aside; in any other only what is set aside for us, which
 * is what its reserved ranges then mean (as in MAAS). `kept`: addresses of servers announced there.
 */
export function allocatableRanges(
  subnet: SubnetPlan & { readonly isManaged: boolean; readonly kept: readonly IpAddress[] },
): AddressRange[] {
  const { network, gateway, ranges, isManaged, kept } = subnet;
  const fixed = [...gateway ? [gateway] : [], ...kept].map(only);
  const sameFamily = fixed.filter(({ first }) => first.includes(":") === (network.family === 6));
  return isManaged
    ? withoutAddresses([usableAddresses(network)], [...ranges, ...sameFamily])
    : withoutAddresses(ranges.filter(({ kind }) => kind === "reserved"), sameFamily);
}
