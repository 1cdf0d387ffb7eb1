/** `physical`: a port of the machine; the others are made of interfaces that are there already. */
export const INTERFACE_KINDS = ["physical", "bond", "bridge", "vlan"] as const;
export type InterfaceKind = typeof INTERFACE_KINDS[number];

/**
 * How an interface comes by an address: `auto`: the region gives it a free one for the time of a
 * deploy; `static`: it has one of its own; `dhcp`: it asks; `link_up`: it is up and has none.
 */
export const LINK_MODES = ["auto", "static", "dhcp", "link_up"] as const;
export type LinkMode = typeof LINK_MODES[number];

/** By the names of the Linux bonding driver, as are the following. */
export const BOND_MODES = [
  "balance-rr",
  "active-backup",
  "balance-xor",
  "broadcast",
  "802.3ad",
  "balance-tlb",
  "balance-alb",
] as const;
export const LACP_RATES = ["slow", "fast"] as const;
export const XMIT_HASH_POLICIES = [
  "layer2",
  "layer2+3",
  "layer3+4",
  "encap2+3",
  "encap3+4",
] as const;

/** How members share the work of a bond; absent: the driver's own choice. */
export interface BondParameters {
  readonly mode: typeof BOND_MODES[number];
  /** How often the members' links are looked at; 0: never. */
  readonly miimonMs?: number;
  readonly upDelayMs?: number;
  readonly downDelayMs?: number;
  /** Of 802.3ad only. */
  readonly lacpRate?: typeof LACP_RATES[number];
  /** Of balance-xor, 802.3ad and balance-tlb only. */
  readonly xmitHashPolicy?: typeof XMIT_HASH_POLICIES[number];
  /** How often a new active member is announced. */
  readonly gratuitousArps?: number;
}

export interface BridgeParameters {
  /** The spanning tree protocol, IEEE 802.1D. */
  readonly stp?: boolean;
  readonly forwardDelaySeconds?: number;
}

/** What only an interface of one kind has. */
export interface InterfaceParameters {
  readonly bond?: BondParameters;
  readonly bridge?: BridgeParameters;
}

/** Of interfaces in bytes; as much as a VLAN may have. */
export const MTU_MIN = 552;
export const MTU_MAX = 65_535;
