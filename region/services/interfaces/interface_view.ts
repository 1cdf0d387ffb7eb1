import {
  type InterfaceLink,
  InterfaceTree,
  type MachineInterface,
} from "@/region/domain/interfaces/interface.ts";

/** An interface as people see it. */
export type InterfaceView = ReturnType<typeof viewOf>;

/** All interfaces of one machine. */
export function viewInterfaces(interfaces: readonly MachineInterface[]): InterfaceView[] {
  const tree = new InterfaceTree(interfaces);
  return interfaces.map((each) => viewOf(tree, each));
}

function viewOf(tree: InterfaceTree, one: MachineInterface) {
  const { id, name, kind, vlan, mtu, isEnabled, acceptRa, parameters, version } = one;
  return {
    id,
    name,
    kind,
    mac: tree.macOf(one),
    vlanId: vlan?.id ?? null,
    vid: vlan?.vid ?? null,
    mtu,
    effectiveMtu: tree.mtuOf(one),
    isEnabled,
    acceptRa,
    tags: [...one.tags],
    parentIds: [...one.parentIds],
    childIds: tree.childrenOf(one).map((child) => child.id),
    bond: parameters.bond ?? null,
    bridge: parameters.bridge ?? null,
    links: one.links.map(viewLink),
    version,
  };
}

function viewLink({ id, mode, subnet, ip, isDefaultGateway }: InterfaceLink) {
  return {
    id,
    mode,
    subnetId: subnet?.id ?? null,
    cidr: subnet?.cidr ?? null,
    ip,
    isDefaultGateway,
  };
}
