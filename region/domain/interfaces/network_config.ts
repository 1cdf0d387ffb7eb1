import { DomainError } from "@/shared/errors/domain_error.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import { networkContains, parseNetwork } from "@/shared/net/ip_network.ts";
import type { NetplanConfig, NetplanInterface, NetplanRoute } from "../install/netplan.ts";
import { checkInterfaces, isInterfaceName } from "./check_interfaces.ts";
import {
  familyOfLink,
  type InterfaceLink,
  InterfaceTree,
  type MachineInterface,
  MTU_USUAL,
} from "./interface.ts";

/** Whether anybody said how the machine shall be connected; if not, it asks by DHCP where it boots. */
export function isConfigured(interfaces: readonly MachineInterface[]): boolean {
  return interfaces.some(({ kind, links }) => kind !== "physical" || links.length > 0);
}

/**
 * What the installed system shall make of the machine's interfaces.
 *
 * Ports that nothing is said of are left out, and so is what is disabled. Throws `network.no_address`
 * when no interface would have one, `network.name_twice` when the names of two would collide, and what
 * `checkInterfaces` does.
 */
export function networkConfigOf(interfaces: readonly MachineInterface[]): NetplanConfig {
  // Since somebody last changed them, a card may have been moved to another machine.
  checkInterfaces(interfaces);
  const tree = new InterfaceTree(interfaces);
  const used = interfaces.filter((each) =>
    each.isEnabled &&
    (each.kind !== "physical" || each.links.length > 0 || tree.childrenOf(each).length > 0)
  );
  if (!used.some(({ links }) => links.some(({ mode }) => mode !== "link_up"))) throw noAddress();
  for (const { kind, name } of used) {
    if (kind === "physical" && !isInterfaceName(name)) throw unusableName(name);
  }
  refuseTwins(used);
  const gateways = defaultGateways(used);
  return { interfaces: used.map((each) => configOf(tree, each, gateways)) };
}

function configOf(
  tree: InterfaceTree,
  one: MachineInterface,
  gateways: ReadonlySet<InterfaceLink>,
): NetplanInterface {
  const mtu = tree.mtuOf(one);
  const hasDhcp = (family: 4 | 6) =>
    one.links.some((link) => link.mode === "dhcp" && familyOfLink(link) === family);
  const fixed = one.links.filter(({ mode }) => mode === "auto" || mode === "static");
  const isMember = tree.childrenOf(one).some(({ kind }) => kind !== "vlan");
  return {
    name: one.name,
    kind: one.kind,
    mac: tree.macOf(one),
    mtu: mtu === MTU_USUAL && one.mtu === null ? null : mtu,
    acceptRa: one.acceptRa,
    parents: tree.parentsOf(one).filter(({ isEnabled }) => isEnabled).map(({ name }) => name),
    tag: one.kind === "vlan" ? one.vlan?.vid ?? null : null,
    parameters: one.parameters,
    // Its link may be down for ever, and the boot must not wait for it.
    isOptional: !isMember && one.kind === "physical" &&
      one.links.every(({ mode }) => mode === "link_up"),
    hasDhcp4: hasDhcp(4),
    hasDhcp6: hasDhcp(6),
    addresses: fixed.map(({ ip, subnet }) => ({ ip, cidr: subnet?.cidr ?? "" })),
    routes: fixed.flatMap((link) => routesOf(link, gateways.has(link))),
    nameservers: [...new Set(fixed.flatMap(({ subnet }) => subnet?.dnsServers ?? []))],
  };
}

/** The default route, and what the subnet tells its DHCP clients of other networks. */
function routesOf({ subnet }: InterfaceLink, isDefault: boolean): NetplanRoute[] {
  if (!subnet) return [];
  const network = parseNetwork(subnet.cidr);
  // As numbers: older netplan knows no "default".
  const all = network.family === 6 ? "::/0" : "0.0.0.0/0";
  const others = subnet.classlessRoutes
    .filter(({ destination }) => destination !== all)
    .map(({ destination, gateway }) => ({ to: destination, via: gateway }));
  const { gateway } = subnet;
  const wanted = isDefault && gateway ? [{ to: all, via: gateway }, ...others] : others;
  return wanted.map((route) => ({
    ...route,
    // Such as an IPv6 router's link-local address: no route says that it is next door.
    isOnLink: !networkContains(network, parseIpAddress(route.via)),
  }));
}

/** The links that the default routes take: one a family, as people say, else the first that can. */
function defaultGateways(interfaces: readonly MachineInterface[]): ReadonlySet<InterfaceLink> {
  const links = interfaces.flatMap((each) => each.links)
    .filter(({ mode, subnet }) => mode !== "link_up" && subnet?.gateway);
  return new Set(([4, 6] as const).flatMap((family) => {
    const possible = links.filter((link) => familyOfLink(link) === family);
    return possible.find(({ isDefaultGateway }) => isDefaultGateway) ?? possible[0] ?? [];
  }));
}

function refuseTwins(interfaces: readonly MachineInterface[]): void {
  const names = new Set<string>();
  for (const { name } of interfaces) {
    if (names.has(name)) {
      throw new DomainError({
        kind: "conflict",
        code: "network.name_twice",
        value: name,
        message: `two configured interfaces are named ${name}; remove the one that is gone, or ` +
          `rename one with PATCH /api/v1/machines/{systemId}/interfaces/{interfaceId}`,
      });
    }
    names.add(name);
  }
}

/** It reported itself with it, and Linux would not take it. */
function unusableName(name: string): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "network.unusable_name",
    value: name.slice(0, 64),
    accepted: "1 to 15 letters, digits, _ . and -",
    message: `a port was found with a name that Linux does not take; give it another with ` +
      `PATCH /api/v1/machines/{systemId}/interfaces/{interfaceId}`,
  });
}

function noAddress(): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "network.no_address",
    message: "no enabled interface would have an address, so the installed system could not be " +
      "reached; add a link with mode auto, static or dhcp to one",
  });
}
