import { atField } from "@/region/domain/at_field.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { familyOf, parseIpAddress } from "@/shared/net/ip_address.ts";
import {
  formatNetwork,
  type IpNetwork,
  networkContains,
  parseNetwork,
} from "@/shared/net/ip_network.ts";

/** What a subnet announces, as people write it. */
export interface SubnetSettings {
  readonly dnsServers?: readonly string[];
  readonly ntpServers?: readonly string[];
  readonly searchDomains?: readonly string[];
  readonly classlessRoutes?: readonly { destination: string; gateway: string }[];
  readonly dhcpMode?: "serve" | "proxy" | "off";
}

/** The settings that were given, in the spelling they are kept in. Throws naming the bad one. */
export function checkSettings<S extends SubnetSettings>(network: IpNetwork, settings: S): S {
  const { dnsServers, ntpServers, classlessRoutes } = settings;
  if (network.family === 6 && (settings.dhcpMode ?? "off") !== "off") throw noDhcp6(network);
  return {
    ...settings,
    ...(dnsServers && { dnsServers: addresses(dnsServers, "dnsServers") }),
    ...(ntpServers && { ntpServers: addresses(ntpServers, "ntpServers") }),
    ...(classlessRoutes && {
      classlessRoutes: classlessRoutes.map((route, i) => checkRoute(route, network, i)),
    }),
  };
}

function addresses(values: readonly string[], field: string): string[] {
  return values.map((value, i) => atField(`${field}[${i}]`, () => parseIpAddress(value)));
}

function checkRoute(
  route: { destination: string; gateway: string },
  network: IpNetwork,
  i: number,
): { destination: string; gateway: string } {
  const at = `classlessRoutes[${i}]`;
  const destination = atField(`${at}.destination`, () => parseNetwork(route.destination));
  const gateway = atField(`${at}.gateway`, () => parseIpAddress(route.gateway));
  if (destination.family !== network.family) {
    throw new DomainError({
      kind: "invalid_input",
      code: "subnet.route_of_other_family",
      field: `${at}.destination`,
      value: route.destination,
      accepted: `a network of IPv${network.family}`,
      message: `${route.destination} is not of IPv${network.family} as ${
        formatNetwork(network)
      } is`,
    });
  }
  if (familyOf(gateway) !== network.family || !networkContains(network, gateway)) {
    throw new DomainError({
      kind: "invalid_input",
      code: "subnet.route_gateway_outside",
      field: `${at}.gateway`,
      value: route.gateway,
      accepted: `an address in ${formatNetwork(network)}`,
      message: `machines of ${formatNetwork(network)} cannot reach ${route.gateway} directly`,
    });
  }
  return { destination: formatNetwork(destination), gateway };
}

function noDhcp6(network: IpNetwork): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "subnet.no_dhcpv6",
    field: "dhcpMode",
    accepted: "off",
    message: `${formatNetwork(network)} is of IPv6, and the agent serves DHCP for IPv4 only`,
  });
}
