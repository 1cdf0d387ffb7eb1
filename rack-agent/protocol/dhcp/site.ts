import type { ClasslessRoute } from "@/rack-agent/wire/dhcp/option_formats.ts";
import type { RawOption } from "@/rack-agent/wire/dhcp/options.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Cidr, cidrContains, cidrsOverlap, formatCidr } from "@/shared/net/cidr.ts";
import { type Ipv4, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import type { NewcomerLimits } from "./newcomers.ts";
import { type Client, type Reservation, ReservationTable } from "./reservations.ts";

/** A network in which this agent gives out addresses. */
export interface DhcpSubnet {
  /** The region's number for it; leases are kept under it across changes of the rest. */
  readonly id: number;
  /** Where its requests come in: directly, or from a relay when `serverAddress` is outside `cidr`. */
  readonly interfaceName: string;
  readonly cidr: Cidr;
  /** This agent's address as these clients reach it: server id, TFTP and HTTP server. */
  readonly serverAddress: Ipv4;
  /** `proxy`: boot options only, beside somebody else's DHCP server. Absent: `serve`. */
  readonly mode?: "serve" | "proxy";
  readonly gateway?: Ipv4;
  readonly dnsServers: readonly Ipv4[];
  readonly ntpServers?: readonly Ipv4[];
  readonly domain?: string;
  readonly searchDomains?: readonly string[];
  readonly mtuBytes?: number;
  readonly classlessRoutes?: readonly ClasslessRoute[];
  /** Over our own options of the same code. */
  readonly options?: readonly RawOption[];
  readonly leaseSeconds: number;
  /** How long a declined address is given to nobody. Absent: an hour. */
  readonly declineSeconds?: number;
  /** Whether an address is probed before its first offer. Absent: it is. */
  readonly probe?: boolean;
  /** Addresses for machines without a reservation, both ends included; none: only reservations. */
  readonly ranges: readonly { readonly first: Ipv4; readonly last: Ipv4 }[];
}

export interface DhcpConfig {
  readonly subnets: readonly DhcpSubnet[];
  readonly reservations: readonly Reservation[];
  /** Over the options of the machine's subnet. */
  readonly machineOptions?: readonly MachineOptions[];
  /** Absent: NEWCOMER_LIMITS. */
  readonly newcomerLimits?: NewcomerLimits;
}

export interface MachineOptions {
  readonly mac: MacAddress;
  readonly options: readonly RawOption[];
}

/** A checked configuration with the look-ups that a packet needs. */
export interface DhcpSite {
  readonly subnets: readonly DhcpSubnet[];
  /** The subnets that an interface has an address in. */
  readonly onInterface: ReadonlyMap<string, readonly DhcpSubnet[]>;
  readonly serverAddresses: ReadonlySet<Ipv4>;
  /** The one part that changes in place: reservations come and go while packets are served. */
  readonly reservations: ReservationTable;
  readonly optionsOf: ReadonlyMap<MacAddress, readonly RawOption[]>;
}

const INTERFACE_NAME_CHARS_MAX = 15; // Linux IFNAMSIZ, less the NUL

/** Checks a configuration; throws DomainError `invalid_input` naming the field at fault. */
export function buildSite(config: DhcpConfig): DhcpSite {
  config.subnets.forEach((subnet, i) => {
    checkSubnet(subnet, `subnets[${i}]`);
    checkAgainstOthers(subnet, config.subnets.slice(0, i), `subnets[${i}]`);
  });
  const promised = new Set<Ipv4>();
  config.reservations.forEach(({ ipv4 }, i) => {
    if (promised.has(ipv4)) refuse(`reservations[${i}].ipv4`, `${ipv4} is promised twice`);
    promised.add(ipv4);
  });
  const direct = config.subnets.filter(isDirect);
  return {
    subnets: config.subnets,
    onInterface: Map.groupBy(direct, ({ interfaceName }) => interfaceName),
    serverAddresses: new Set(config.subnets.map(({ serverAddress }) => serverAddress)),
    reservations: new ReservationTable(config.reservations),
    optionsOf: new Map(config.machineOptions?.map(({ mac, options }) => [mac, options])),
  };
}

/** The address promised to this client in this subnet, if any. */
export function reservationIn(
  site: DhcpSite,
  subnet: DhcpSubnet,
  client: Client,
): Reservation | undefined {
  return site.reservations.in(subnet.cidr, client);
}

/** True for an address of the dynamic ranges that a machine without a reservation may get. */
export function isDynamic(site: DhcpSite, subnet: DhcpSubnet, address: Ipv4): boolean {
  return isInRanges(subnet, ipv4ToNumber(address)) && !site.reservations.has(address) &&
    !isTaken(subnet, address);
}

function isInRanges(subnet: DhcpSubnet, value: number): boolean {
  let ends = rangeEndsOf.get(subnet);
  if (!ends) {
    ends = subnet.ranges.flatMap(({ first, last }) => [ipv4ToNumber(first), ipv4ToNumber(last)]);
    rangeEndsOf.set(subnet, ends);
  }
  for (let i = 0; i < ends.length; i += 2) {
    if (value >= (ends[i] ?? 0) && value <= (ends[i + 1] ?? 0)) return true;
  }
  return false;
}

/** First and last of each range in turn, as numbers. Made once for each subnet. */
const rangeEndsOf = new WeakMap<DhcpSubnet, readonly number[]>();

/** True when requests of this subnet come without a relay: we have an address in it. */
export function isDirect({ cidr, serverAddress }: DhcpSubnet): boolean {
  return cidrContains(cidr, serverAddress);
}

/** Addresses in a subnet that can never be a client's. */
function isTaken({ cidr, serverAddress, gateway }: DhcpSubnet, address: Ipv4): boolean {
  if (address === serverAddress || address === gateway) return true;
  // RFC 3021: in a /31 and a /32 both ends are ordinary addresses.
  return cidr.prefixBits < 31 && (address === cidr.network || address === cidr.broadcast);
}

function checkSubnet(subnet: DhcpSubnet, field: string): void {
  const { interfaceName, leaseSeconds, cidr } = subnet;
  if (!/^[^\s/]+$/.test(interfaceName) || interfaceName.length > INTERFACE_NAME_CHARS_MAX) {
    refuse(`${field}.interfaceName`, `"${interfaceName}" is not the name of an interface`);
  }
  if (!Number.isInteger(leaseSeconds) || leaseSeconds < 1 || leaseSeconds >= 0xffff_ffff) {
    refuse(`${field}.leaseSeconds`, `${leaseSeconds} is not a whole number of seconds above 0`);
  }
  subnet.ranges.forEach(({ first, last }, i) => {
    const ends = `${first}-${last}`;
    if (!cidrContains(cidr, first) || !cidrContains(cidr, last)) {
      refuse(`${field}.ranges[${i}]`, `${ends} is not within ${formatCidr(cidr)}`);
    }
    if (ipv4ToNumber(first) > ipv4ToNumber(last)) {
      refuse(`${field}.ranges[${i}]`, `${ends} ends before it begins`);
    }
  });
}

function checkAgainstOthers(subnet: DhcpSubnet, others: readonly DhcpSubnet[], field: string) {
  for (const other of others) {
    if (other.id === subnet.id) refuse(`${field}.id`, `subnet ${subnet.id} is given twice`);
    if (cidrsOverlap(other.cidr, subnet.cidr)) {
      refuse(`${field}.cidr`, `${formatCidr(subnet.cidr)} overlaps ${formatCidr(other.cidr)}`);
    }
  }
}

function refuse(field: string, message: string): never {
  throw new DomainError({
    kind: "invalid_input",
    code: "dhcp.config_invalid",
    message: `${field}: ${message}`,
    field,
  });
}
