import type { SiteState, StateSubnet } from "@/shared/contract/site_state.ts";
import { cidrContains, parseCidr } from "@/shared/net/cidr.ts";
import { type Ipv4, parseIpv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import type { DhcpConfig, DhcpSubnet } from "@/rack-agent/protocol/dhcp/site.ts";

/** An address of this host and the interface that has it. */
export interface HostAddress {
  readonly interfaceName: string;
  readonly ipv4: Ipv4;
}

export interface ServedNetworks {
  readonly dhcp: DhcpConfig;
  /** A line for every subnet of the state, served or not. */
  readonly lines: readonly { readonly cidr: string; readonly state: string }[];
}

/** The IPv4 addresses of this host now, but for loopback. */
export function hostAddresses(): HostAddress[] {
  return Deno.networkInterfaces()
    .filter(({ family, address }) => family === "IPv4" && !address.startsWith("127."))
    .map(({ name, address }) => ({ interfaceName: name, ipv4: parseIpv4(address) }));
}

/** Matches the state's subnets to the interfaces of this host that have an address in them. */
export function servedNetworks(
  state: SiteState,
  addresses: readonly HostAddress[],
): ServedNetworks {
  const matched = state.subnets.map((subnet) => ({ subnet, served: match(subnet, addresses) }));
  return {
    dhcp: {
      subnets: matched.flatMap(({ subnet, served }) => served && subnet.dhcp ? [served] : []),
      reservations: [
        ...state.machines.flatMap(({ hostname, reservations }) =>
          reservations.map((promise) => ({ ...parsePromise(promise), hostname }))
        ),
        ...state.otherReservations.map(parsePromise),
      ],
    },
    lines: matched.map(({ subnet, served }) => ({
      cidr: subnet.cidr,
      state: !served
        ? "not served: no interface of this host has an address in it"
        : subnet.dhcp
        ? `served on ${served.interfaceName} as ${served.serverAddress}`
        : "DHCP is off",
    })),
  };
}

function parsePromise({ mac, ipv4 }: { mac: string; ipv4: string }) {
  return { mac: parseMacAddress(mac), ipv4: parseIpv4(ipv4) };
}

function match(subnet: StateSubnet, addresses: readonly HostAddress[]): DhcpSubnet | undefined {
  const cidr = parseCidr(subnet.cidr);
  const own = addresses.find(({ ipv4 }) => cidrContains(cidr, ipv4));
  if (!own) return undefined;
  return {
    id: subnet.id,
    interfaceName: own.interfaceName,
    cidr,
    serverAddress: own.ipv4,
    gateway: subnet.gateway === undefined ? undefined : parseIpv4(subnet.gateway),
    dnsServers: subnet.dnsServers.map(parseIpv4),
    domain: subnet.domain,
    leaseSeconds: subnet.leaseSeconds,
    ranges: subnet.dynamicRanges.map(({ first, last }) => ({
      first: parseIpv4(first),
      last: parseIpv4(last),
    })),
  };
}
