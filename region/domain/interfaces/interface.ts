import type { InterfaceKind, InterfaceParameters, LinkMode } from "@/shared/machine/interfaces.ts";
import type { IpAddress, IpFamily } from "@/shared/net/ip_address.ts";

/** Where an interface is plugged in. */
export interface VlanFact {
  readonly id: number;
  readonly fabricId: number;
  /** 0: without a tag. */
  readonly vid: number;
  readonly mtu: number;
  readonly name: string;
}

/** What is said of a subnet to the machines on it. */
export interface SubnetFact {
  readonly id: number;
  readonly vlanId: number;
  readonly cidr: string;
  readonly gateway: string | null;
  readonly dnsServers: readonly string[];
  readonly classlessRoutes: readonly { readonly destination: string; readonly gateway: string }[];
}

/** One way in which an interface comes by addresses. */
export interface InterfaceLink {
  readonly id: number;
  readonly mode: LinkMode;
  /** Always there for `auto` and `static`. */
  readonly subnet: SubnetFact | null;
  /** Of `auto`, null until a deploy gives it one. */
  readonly ip: IpAddress | null;
  readonly isDefaultGateway: boolean;
}

/** An interface of a machine, with all that is known of where it is and how it is configured. */
export interface MachineInterface {
  readonly id: number;
  readonly name: string;
  readonly kind: InterfaceKind;
  /** Null: that of its first parent. */
  readonly mac: string | null;
  readonly vlan: VlanFact | null;
  readonly mtu: number | null;
  readonly isEnabled: boolean;
  readonly acceptRa: boolean | null;
  readonly tags: readonly string[];
  readonly parameters: InterfaceParameters;
  /** In the order of their numbers. */
  readonly parentIds: readonly number[];
  readonly links: readonly InterfaceLink[];
  readonly version: number;
}

/** Nothing says otherwise: Ethernet's own, RFC 894. */
export const MTU_USUAL = 1500;

/** What of a machine's interfaces follows from others. */
export class InterfaceTree {
  readonly #byId: ReadonlyMap<number, MachineInterface>;

  constructor(readonly all: readonly MachineInterface[]) {
    this.#byId = new Map(all.map((each) => [each.id, each]));
  }

  find(id: number): MachineInterface | undefined {
    return this.#byId.get(id);
  }

  parentsOf({ parentIds }: MachineInterface): MachineInterface[] {
    return parentIds.flatMap((id) => this.#byId.get(id) ?? []);
  }

  childrenOf({ id }: MachineInterface): MachineInterface[] {
    return this.all.filter(({ parentIds }) => parentIds.includes(id));
  }

  /** What it is made of, and what that is made of, itself left out unless it is its own ancestor. */
  ancestorsOf(one: MachineInterface): Set<MachineInterface> {
    const found = new Set<MachineInterface>();
    const open = this.parentsOf(one);
    for (let next = open.pop(); next; next = open.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(...this.parentsOf(next));
    }
    return found;
  }

  /** Its own, or that of the first of what it is made of; null: it is made of nothing. */
  macOf(one: MachineInterface): string | null {
    let next: MachineInterface | undefined = one;
    for (let i = 0; next && i <= this.all.length; i++) {
      if (next.mac !== null) return next.mac;
      next = this.parentsOf(next)[0];
    }
    return null;
  }

  /** Bytes: what was asked for, else the least of its VLAN's and of what it is made of. */
  mtuOf(one: MachineInterface, depth = 0): number {
    if (one.mtu !== null) return one.mtu;
    const parents = depth > this.all.length ? [] : this.parentsOf(one);
    const limits = parents.map((each) => this.mtuOf(each, depth + 1));
    if (one.vlan) limits.push(one.vlan.mtu);
    return limits.length === 0 ? MTU_USUAL : Math.min(...limits);
  }
}

/** The family of a link's addresses; a link without a subnet asks for IPv4. */
export function familyOfLink({ subnet }: InterfaceLink): IpFamily {
  return subnet?.cidr.includes(":") ? 6 : 4;
}
