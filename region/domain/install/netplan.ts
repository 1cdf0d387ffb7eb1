import type { BondParameters, InterfaceKind } from "@/shared/machine/interfaces.ts";
import type { InterfaceParameters } from "@/shared/machine/interfaces.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { toYaml, type YamlValue } from "./yaml.ts";

export interface NetplanRoute {
  /** A network, such as `0.0.0.0/0`. */
  readonly to: string;
  readonly via: string;
  /** The next hop is reached directly, although no address of the interface says so. */
  readonly isOnLink: boolean;
}

/** One interface of the installed system; those it is made of are there too. */
export interface NetplanInterface {
  readonly name: string;
  readonly kind: InterfaceKind;
  /** A port is found by it; a bond or bridge takes it. Null: whatever the kernel gives it. */
  readonly mac: string | null;
  /** Null: 1500. */
  readonly mtu: number | null;
  /** Null: as the system likes. */
  readonly acceptRa: boolean | null;
  readonly parents: readonly string[];
  readonly tag: number | null;
  readonly parameters: InterfaceParameters;
  /** The boot does not wait for it. */
  readonly isOptional: boolean;
  readonly hasDhcp4: boolean;
  readonly hasDhcp6: boolean;
  /** `ip` null: the deploy gives it one. */
  readonly addresses: readonly { readonly ip: string | null; readonly cidr: string }[];
  readonly routes: readonly NetplanRoute[];
  readonly nameservers: readonly string[];
}

export interface NetplanConfig {
  readonly interfaces: readonly NetplanInterface[];
}

/**
 * The network configuration of an installed system, as netplan's YAML (version 2 of its format).
 *
 * Ports are found by their MACs and get the names they are known by here, whatever the kernel would
 * call them. Where an address is still to be given, a comment says so. Source: netplan's reference,
 * netplan.readthedocs.io/en/stable/netplan-yaml.
 */
export function compileNetplan({ interfaces }: NetplanConfig): string {
  const sections = SECTIONS.flatMap(({ name, kind }) => {
    const those = interfaces.filter((each) => each.kind === kind);
    if (those.length === 0) return [];
    return [[name, Object.fromEntries(those.map((each) => [each.name, settingsOf(each)]))]];
  });
  const pending = interfaces.flatMap(({ name, addresses }) =>
    addresses.filter(({ ip }) => ip === null)
      .map(({ cidr }) => `# ${name} gets a free address of ${cidr} when it is deployed\n`)
  );
  return pending.join("") +
    toYaml({ network: { version: 2, ...Object.fromEntries(sections) } });
}

/** One boot interface that asks by DHCP: what a machine gets of which nobody said anything else. */
export function dhcpOnBootInterface(bootMac: string): readonly string[] {
  return [
    "network:",
    "  version: 2",
    "  ethernets:",
    "    boot:",
    `      match: {macaddress: "${parseMacAddress(bootMac)}"}`,
    "      dhcp4: true",
    // The agent knows machines by their MAC; so does every boot program before this system.
    "      dhcp-identifier: mac",
  ];
}

const SECTIONS = [
  { name: "ethernets", kind: "physical" },
  { name: "bonds", kind: "bond" },
  { name: "bridges", kind: "bridge" },
  { name: "vlans", kind: "vlan" },
] as const;

function settingsOf(one: NetplanInterface): Record<string, YamlValue> {
  const addresses = one.addresses.flatMap(({ ip, cidr }) =>
    ip === null ? [] : [`${ip}/${cidr.split("/")[1]}`]
  );
  return {
    ...identityOf(one),
    ...(one.mtu === null ? {} : { mtu: one.mtu }),
    ...(one.isOptional ? { optional: true } : {}),
    ...(one.hasDhcp4 ? { dhcp4: true, "dhcp-identifier": "mac" } : {}),
    ...(one.hasDhcp6 ? { dhcp6: true } : {}),
    ...(one.acceptRa === null ? {} : { "accept-ra": one.acceptRa }),
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(one.nameservers.length === 0 ? {} : { nameservers: { addresses: [...one.nameservers] } }),
    ...(one.routes.length === 0 ? {} : { routes: one.routes.map(routeOf) }),
  };
}

/** What it is, before what it is called by others. */
function identityOf(one: NetplanInterface): Record<string, YamlValue> {
  const { kind, name, mac, parents, parameters } = one;
  const ownMac: Record<string, YamlValue> = mac === null ? {} : { macaddress: mac };
  switch (kind) {
    case "physical":
      return { match: ownMac, "set-name": name };
    case "vlan":
      // Its MAC is its parent's.
      return { id: one.tag ?? 0, link: parents[0] ?? "" };
    case "bond":
      return {
        interfaces: [...parents],
        ...ownMac,
        parameters: bondParameters(parameters.bond ?? { mode: "active-backup" }),
      };
    case "bridge": {
      const { stp, forwardDelaySeconds } = parameters.bridge ?? {};
      const settings = {
        ...(stp === undefined ? {} : { stp }),
        ...(forwardDelaySeconds === undefined ? {} : { "forward-delay": forwardDelaySeconds }),
      };
      return {
        interfaces: [...parents],
        ...ownMac,
        ...(Object.keys(settings).length === 0 ? {} : { parameters: settings }),
      };
    }
  }
}

function bondParameters(bond: BondParameters): Record<string, YamlValue> {
  const named: [string, YamlValue | undefined][] = [
    ["mode", bond.mode],
    ["mii-monitor-interval", bond.miimonMs],
    ["up-delay", bond.upDelayMs],
    ["down-delay", bond.downDelayMs],
    ["lacp-rate", bond.lacpRate],
    ["transmit-hash-policy", bond.xmitHashPolicy],
    // Spelt so by netplan itself.
    ["gratuitous-arp", bond.gratuitousArps],
  ];
  return Object.fromEntries(
    named.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function routeOf({ to, via, isOnLink }: NetplanRoute): Record<string, YamlValue> {
  return { to, via, ...(isOnLink ? { "on-link": true } : {}) };
}
