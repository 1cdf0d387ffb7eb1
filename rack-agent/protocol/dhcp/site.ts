import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Cidr, cidrContains, cidrsOverlap, formatCidr } from "@/shared/net/cidr.ts";
import { type Ipv4, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";

/** A network in which this agent gives out addresses. */
export interface DhcpSubnet {
  /** The region's number for it; leases are kept under it across changes of the rest. */
  readonly id: number;
  /** Where its requests come in: directly, or from a relay when `serverAddress` is outside `cidr`. */
  readonly interfaceName: string;
  readonly cidr: Cidr;
  /** This agent's address as these clients reach it: server id, TFTP and HTTP server. */
  readonly serverAddress: Ipv4;
  readonly gateway?: Ipv4;
  readonly dnsServers: readonly Ipv4[];
  readonly ntpServers?: readonly Ipv4[];
  readonly domain?: string;
  readonly mtuBytes?: number;
  readonly leaseSeconds: number;
  /** Addresses for machines without a reservation, both ends included; none: only reservations. */
  readonly ranges: readonly { readonly first: Ipv4; readonly last: Ipv4 }[];
}

/** A promised address, inside a dynamic range or outside. */
export interface Reservation {
  readonly mac: MacAddress;
  readonly ipv4: Ipv4;
  readonly hostname?: string;
}

export interface DhcpConfig {
  readonly subnets: readonly DhcpSubnet[];
  readonly reservations: readonly Reservation[];
}

/** A checked configuration with the look-ups that a packet needs. */
export interface DhcpSite {
  readonly subnets: readonly DhcpSubnet[];
  readonly serverAddresses: ReadonlySet<Ipv4>;
  readonly reservationsOf: ReadonlyMap<MacAddress, readonly Reservation[]>;
  readonly reservedFor: ReadonlyMap<Ipv4, MacAddress>;
}

const INTERFACE_NAME_CHARS_MAX = 15; // Linux IFNAMSIZ, less the NUL

/** Checks a configuration; throws DomainError `invalid_input` naming the field at fault. */
export function buildSite(config: DhcpConfig): DhcpSite {
  config.subnets.forEach((subnet, i) => {
    checkSubnet(subnet, `subnets[${i}]`);
    checkAgainstOthers(subnet, config.subnets.slice(0, i), `subnets[${i}]`);
  });
  const reservedFor = new Map<Ipv4, MacAddress>();
  const reservationsOf = new Map<MacAddress, Reservation[]>();
  config.reservations.forEach((reservation, i) => {
    if (reservedFor.has(reservation.ipv4)) {
      refuse(`reservations[${i}].ipv4`, `${reservation.ipv4} is promised twice`);
    }
    reservedFor.set(reservation.ipv4, reservation.mac);
    const others = reservationsOf.get(reservation.mac) ?? [];
    reservationsOf.set(reservation.mac, [...others, reservation]);
  });
  const serverAddresses = new Set(config.subnets.map((subnet) => subnet.serverAddress));
  return { subnets: config.subnets, serverAddresses, reservationsOf, reservedFor };
}

/** The address promised to this machine in this subnet, if any. */
export function reservationIn(
  site: DhcpSite,
  subnet: DhcpSubnet,
  mac: MacAddress,
): Reservation | undefined {
  return site.reservationsOf.get(mac)?.find(({ ipv4 }) => cidrContains(subnet.cidr, ipv4));
}

/** True for an address of the dynamic ranges that a machine without a reservation may get. */
export function isDynamic(site: DhcpSite, subnet: DhcpSubnet, address: Ipv4): boolean {
  const value = ipv4ToNumber(address);
  const inRange = subnet.ranges.some(({ first, last }) =>
    value >= ipv4ToNumber(first) && value <= ipv4ToNumber(last)
  );
  return inRange && !site.reservedFor.has(address) && !isTaken(subnet, address);
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
