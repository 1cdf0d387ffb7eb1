import type { StateSubnet } from "@/shared/contract/site_state.ts";
import { familyOf, type IpAddress } from "@/shared/net/ip_address.ts";
import { type OptionRecord, OPTIONS_MAX, optionsOfSubnet } from "./dhcp_options.ts";
import { type AddressRange, only, withoutAddresses } from "./address_ranges.ts";

export interface SubnetRecord {
  readonly id: number;
  readonly cidr: string;
  readonly gateway: string | null;
  readonly dnsServers: readonly string[];
  readonly domain: string | null;
  readonly dhcpMode: "serve" | "proxy" | "off";
  readonly leaseSeconds: number;
  readonly ntpServers: readonly string[];
  readonly searchDomains: readonly string[];
  readonly classlessRoutes: readonly { destination: string; gateway: string }[];
  /** Of the VLAN it is on: bytes, and whether any DHCP is answered there. */
  readonly vlan: { readonly mtu: number; readonly dhcp: boolean };
}

export type RangeRecord = AddressRange & {
  readonly subnetId: number;
  readonly kind: "dynamic" | "reserved";
};

/** A promised address; with a MAC, DHCP gives it to that one. */
export interface AddressRecord {
  readonly subnetId: number;
  readonly ip: IpAddress;
  readonly mac: string | null;
  /** Of a machine's interface; absent or null: of none. */
  readonly linkId?: number | null;
}

/** What clients have anyway; saying it changes nothing. */
const MTU_USUAL = 1500;

/** The subnets that an agent serves: those of IPv4, for it speaks no DHCPv6. */
export function stateSubnets(
  records: {
    readonly subnets: readonly SubnetRecord[];
    readonly ranges: readonly RangeRecord[];
    readonly addresses: readonly AddressRecord[];
    readonly interfaces: readonly { mac: string }[];
    readonly dhcpOptions: readonly OptionRecord[];
    readonly settings: SubnetDefaults;
  },
): StateSubnet[] {
  const ranges = Map.groupBy(records.ranges, ({ subnetId }) => subnetId);
  const addresses = Map.groupBy(records.addresses, ({ subnetId }) => subnetId);
  const machineMacs = new Set(records.interfaces.map(({ mac }) => mac));
  const told = new Set<string>(
    dhcpPromises(records.addresses).filter(({ mac }) => machineMacs.has(mac))
      .map(({ ipv4 }) => ipv4),
  );
  return records.subnets.filter(({ cidr }) => !cidr.includes(":")).map((subnet) => {
    // The agent is told what is promised to machines; any other address that is promised must not
    // be given away either.
    const promised = (addresses.get(subnet.id) ?? [])
      .filter(({ ip }) => !told.has(ip)).map(({ ip }) => only(ip));
    return {
      ...stateSubnet(withDefaults(subnet, records.settings), ranges.get(subnet.id) ?? [], promised),
      ...list("options", optionsOfSubnet(records.dhcpOptions, subnet.id).slice(0, OPTIONS_MAX)),
    };
  });
}

/** What the region says for subnets that say nothing. */
export interface SubnetDefaults {
  readonly dnsServers: readonly string[];
  readonly ntpServers: readonly string[];
}

function withDefaults(subnet: SubnetRecord, defaults: SubnetDefaults): SubnetRecord {
  const { dnsServers, ntpServers } = subnet;
  return {
    ...subnet,
    dnsServers: dnsServers.length > 0 ? dnsServers : defaults.dnsServers,
    ntpServers: ntpServers.length > 0 ? ntpServers : defaults.ntpServers,
  };
}

function stateSubnet(
  subnet: SubnetRecord,
  ranges: readonly RangeRecord[],
  promised: readonly AddressRange[],
): StateSubnet {
  const dhcpMode = subnet.vlan.dhcp ? subnet.dhcpMode : "off";
  const { mtu } = subnet.vlan;
  return {
    id: subnet.id,
    cidr: subnet.cidr,
    ...(subnet.gateway === null ? {} : { gateway: subnet.gateway }),
    dnsServers: subnet.dnsServers.filter(isIpv4),
    ...(subnet.domain === null ? {} : { domain: subnet.domain }),
    // Agents from before `dhcpMode` know no proxy: silence is better than a second server.
    dhcp: dhcpMode === "serve",
    dhcpMode,
    leaseSeconds: subnet.leaseSeconds,
    dynamicRanges: withoutAddresses(
      ranges.filter(({ kind }) => kind === "dynamic"),
      [...ranges.filter(({ kind }) => kind === "reserved"), ...promised],
    ),
    ...list("ntpServers", subnet.ntpServers.filter(isIpv4)),
    ...list("searchDomains", subnet.searchDomains),
    ...(mtu === MTU_USUAL ? {} : { mtu }),
    ...list("classlessRoutes", subnet.classlessRoutes),
  };
}

/**
 * What DHCP promises, at most one address a MAC and subnet: the one promised first. That of an
 * interface goes before a reservation, so that the machine has the same one whatever it boots.
 */
export function dhcpPromises(
  addresses: readonly AddressRecord[],
): { mac: string; ipv4: string }[] {
  const promised = new Set<string>();
  const linked = addresses.filter(({ linkId }) => linkId);
  const others = addresses.filter(({ linkId }) => !linkId);
  return [...linked, ...others].flatMap(({ subnetId, ip, mac }) => {
    const key = `${subnetId} ${mac}`;
    if (mac === null || familyOf(ip) !== 4 || promised.has(key)) return [];
    promised.add(key);
    return [{ mac, ipv4: ip }];
  });
}

function isIpv4(address: string): boolean {
  return !address.includes(":");
}

function list<K extends string, T>(
  key: K,
  values: readonly T[],
): Partial<Record<K, T[]>> {
  // A computed key gives an index signature to the compiler, and exactly this key to everybody else.
  return (values.length === 0 ? {} : { [key]: [...values] }) as Partial<Record<K, T[]>>;
}
