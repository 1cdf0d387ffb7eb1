import type {
  SiteState,
  StateDhcpOption,
  StateReservation,
  StateSubnet,
} from "@/shared/contract/site_state.ts";
import { cidrContains, parseCidr } from "@/shared/net/cidr.ts";
import { type Ipv4, ipv4FromNumber, ipv4ToNumber, parseIpv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import type { Reservation } from "@/rack-agent/protocol/dhcp/reservations.ts";
import type { DhcpConfig, DhcpSubnet } from "@/rack-agent/protocol/dhcp/site.ts";
import { isServerOption } from "@/rack-agent/wire/dhcp/option_table.ts";
import type { RawOption } from "@/rack-agent/wire/dhcp/options.ts";

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

/** The networks that this host is in now, each with the host's own address in it. */
export function hostNetworks(): { interfaceName: string; mac: string; cidr: string }[] {
  return Deno.networkInterfaces()
    .filter(({ family, address }) => family === "IPv4" && !address.startsWith("127."))
    .map(({ name, mac, cidr }) => ({ interfaceName: name, mac, cidr }));
}

/** The broadcast addresses of the networks that this host is in now. */
export function hostBroadcasts(): string[] {
  const found = Deno.networkInterfaces().flatMap(({ family, address, netmask }) =>
    family === "IPv4" && !address.startsWith("127.") && netmask !== "255.255.255.255"
      ? [
        ipv4FromNumber(
          (ipv4ToNumber(parseIpv4(address)) | ~ipv4ToNumber(parseIpv4(netmask))) >>> 0,
        ),
      ]
      : []
  );
  return [...new Set(found)];
}

/** Matches the state's subnets to the interfaces of this host that have an address in them. */
export function servedNetworks(
  state: SiteState,
  addresses: readonly HostAddress[],
): ServedNetworks {
  const matched = state.subnets.map((subnet) => ({ subnet, served: match(subnet, addresses) }));
  return {
    dhcp: {
      subnets: matched.flatMap(({ subnet, served }) =>
        served && modeOf(subnet) !== "off" ? [served] : []
      ),
      reservations: [
        ...state.machines.flatMap(({ hostname, reservations }) =>
          reservations.map((promise) => ({ ...reservationOf(promise), hostname }))
        ),
        ...state.otherReservations.map(reservationOf),
      ],
      machineOptions: state.machines.flatMap(({ macs, options = [] }) =>
        options.length === 0 ? [] : macs.map((mac) => ({
          mac: parseMacAddress(mac),
          options: ownOptions(options),
        }))
      ),
    },
    lines: matched.map(({ subnet, served }) => ({
      cidr: subnet.cidr,
      state: served
        ? STATE_OF_MODE[modeOf(subnet)](served)
        : "not served: no interface of this host has an address in it",
    })),
  };
}

const STATE_OF_MODE = {
  serve: (subnet: DhcpSubnet) => `served on ${subnet.interfaceName} as ${subnet.serverAddress}`,
  proxy: (subnet: DhcpSubnet) =>
    `boot options on ${subnet.interfaceName} as ${subnet.serverAddress}, addresses by another server`,
  off: () => "DHCP is off",
} as const;

function modeOf({ dhcp, dhcpMode }: StateSubnet): "serve" | "proxy" | "off" {
  return dhcpMode ?? (dhcp ? "serve" : "off");
}

function reservationOf({ mac, ipv4, clientId }: StateReservation): Reservation {
  return {
    mac: parseMacAddress(mac),
    ipv4: parseIpv4(ipv4),
    ...(clientId !== undefined && { clientId: clientId.toLowerCase() }),
  };
}

/** Those options that people may set: what makes a lease is the server's own. */
function ownOptions(options: readonly StateDhcpOption[]): RawOption[] {
  return options.filter(({ code }) => !isServerOption(code)).map(({ code, hex }) => ({
    code,
    value: Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16)),
  }));
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
    mode: modeOf(subnet) === "proxy" ? "proxy" : "serve",
    gateway: subnet.gateway === undefined ? undefined : parseIpv4(subnet.gateway),
    dnsServers: subnet.dnsServers.map(parseIpv4),
    ntpServers: subnet.ntpServers?.map(parseIpv4),
    domain: subnet.domain,
    searchDomains: subnet.searchDomains,
    mtuBytes: subnet.mtu,
    classlessRoutes: subnet.classlessRoutes?.map(({ destination, gateway }) => {
      const { network, prefixBits } = parseCidr(destination);
      return { destination: network, prefixBits, gateway: parseIpv4(gateway) };
    }),
    options: ownOptions(subnet.options ?? []),
    leaseSeconds: subnet.leaseSeconds,
    declineSeconds: subnet.declineSeconds,
    probe: subnet.probe,
    ranges: subnet.dynamicRanges.map(({ first, last }) => ({
      first: parseIpv4(first),
      last: parseIpv4(last),
    })),
  };
}
