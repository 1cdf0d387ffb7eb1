import { DomainError, type DomainErrorKind } from "@/shared/errors/domain_error.ts";
import type { IpAddress } from "@/shared/net/ip_address.ts";
import {
  formatNetwork,
  type IpNetwork,
  networkContains,
  networksOverlap,
} from "@/shared/net/ip_network.ts";
import { ipToBigint } from "@/shared/net/ip_address.ts";
import { type AddressRange, rangeContains, rangesOverlap } from "./address_ranges.ts";

export type RangeKind = "dynamic" | "reserved";

/** A subnet and how it is divided. */
export interface SubnetPlan {
  readonly network: IpNetwork;
  readonly gateway?: IpAddress;
  readonly ranges: readonly (AddressRange & { readonly id: number; readonly kind: RangeKind })[];
}

/** Shorter is no network somebody has in one place; longer has no address for a machine. */
const PREFIX_BITS = { 4: { min: 8, max: 30 }, 6: { min: 16, max: 126 } };
/** MAAS's rule: fewer would be searched through at every request. */
const DYNAMIC_IPV6_ADDRESSES_MIN = 256n;

/** Refuses a subnet that is too big, too small, or shares addresses with another of its site. */
export function checkNewSubnet(network: IpNetwork, others: readonly IpNetwork[]): void {
  const { min, max } = PREFIX_BITS[network.family];
  if (network.prefixBits < min || network.prefixBits > max) {
    throw fault("invalid_input", "subnet.bad_prefix", {
      field: "cidr",
      message: `${formatNetwork(network)} is not a usable size; ` +
        `use a prefix of ${min} to ${max} bits`,
    });
  }
  const other = others.find((each) => networksOverlap(network, each));
  if (other) {
    throw fault("conflict", "subnet.overlaps", {
      field: "cidr",
      message: `${formatNetwork(network)} shares addresses with ${
        formatNetwork(other)
      } of the same site`,
    });
  }
}

/**
 * Refuses a router outside the subnet, or one on an address that DHCP gives away.
 *
 * An IPv6 router is usually known by its link-local address, which no subnet contains.
 */
export function checkGateway(gateway: IpAddress, subnet: Omit<SubnetPlan, "gateway">): void {
  if (subnet.network.family === 6 && /^fe[89ab]/.test(gateway)) return;
  checkUsable(gateway, subnet.network, "gateway");
  const dynamic = dynamicRangeWith(gateway, subnet);
  if (dynamic) {
    throw fault("conflict", "subnet.gateway_given_out", {
      field: "gateway",
      message: `${gateway} is in the dynamic range ${dynamic.first}-${dynamic.last}`,
    });
  }
}

/** Refuses a range that is backwards, leaves its subnet, overlaps another, or gives the router away. */
export function checkRange(
  range: AddressRange & { readonly id?: number; readonly kind: RangeKind },
  subnet: SubnetPlan,
): void {
  checkUsable(range.first, subnet.network, "first");
  checkUsable(range.last, subnet.network, "last");
  const count = ipToBigint(range.last) - ipToBigint(range.first) + 1n;
  if (count < 1n) {
    throw fault("invalid_input", "range.backwards", {
      field: "last",
      message: `${range.last} comes before ${range.first}`,
    });
  }
  const other = subnet.ranges.find((each) => each.id !== range.id && rangesOverlap(each, range));
  if (other) {
    throw fault("conflict", "range.overlaps", {
      field: "first",
      message: `${range.first}-${range.last} overlaps ${other.first}-${other.last}`,
    });
  }
  if (range.kind === "dynamic") checkDynamic(range, subnet, count);
}

function checkDynamic(range: AddressRange, { network, gateway }: SubnetPlan, count: bigint): void {
  if (gateway && rangeContains(range, gateway)) {
    throw fault("conflict", "range.holds_gateway", {
      field: "first",
      message: `${gateway} is the subnet's router; leave it out of the range`,
    });
  }
  if (network.family === 6 && count < DYNAMIC_IPV6_ADDRESSES_MIN) {
    throw fault("invalid_input", "range.too_small", {
      field: "last",
      message: `a dynamic IPv6 range has at least ${DYNAMIC_IPV6_ADDRESSES_MIN} addresses`,
    });
  }
}

/**
 * Refuses to promise an address outside the subnet, or the router's.
 *
 * One that DHCP gives to a MAC may lie in a dynamic range: the agent then gives it to nobody else.
 * Any other may not, for whoever holds it there does not ask.
 */
export function checkPromise(
  address: IpAddress,
  subnet: SubnetPlan,
  isGivenByDhcp: boolean,
): void {
  checkUsable(address, subnet.network, "ip");
  if (address === subnet.gateway) {
    throw fault("conflict", "ip_address.is_gateway", {
      field: "ip",
      message: `${address} is the subnet's router`,
    });
  }
  const dynamic = isGivenByDhcp ? undefined : dynamicRangeWith(address, subnet);
  if (dynamic) {
    throw fault("conflict", "ip_address.in_dynamic_range", {
      field: "ip",
      message:
        `${address} is in the dynamic range ${dynamic.first}-${dynamic.last}; choose one outside`,
    });
  }
}

/** Refuses an address of the wrong network, and those that no machine may have. */
function checkUsable(address: IpAddress, network: IpNetwork, field: string): void {
  if (!networkContains(network, address)) {
    throw fault("invalid_input", "subnet.address_outside", {
      field,
      message: `${address} is not in ${formatNetwork(network)}`,
    });
  }
  const isBroadcast = network.family === 4 && address === network.last;
  if (address === network.first || isBroadcast) {
    throw fault("invalid_input", "subnet.address_not_usable", {
      field,
      message: `${address} is the ${isBroadcast ? "broadcast" : "network"} address of ${
        formatNetwork(network)
      }`,
    });
  }
}

function dynamicRangeWith(address: IpAddress, subnet: Pick<SubnetPlan, "ranges">) {
  return subnet.ranges.find((each) => each.kind === "dynamic" && rangeContains(each, address));
}

function fault(
  kind: DomainErrorKind,
  code: string,
  detail: { field: string; message: string },
): DomainError {
  return new DomainError({ kind, code, ...detail });
}
