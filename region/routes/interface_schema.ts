import { z } from "@hono/zod-openapi";
import {
  BOND_MODES,
  INTERFACE_KINDS,
  LACP_RATES,
  LINK_MODES,
  MTU_MAX,
  MTU_MIN,
  XMIT_HASH_POLICIES,
} from "@/shared/machine/interfaces.ts";
import { Address, RowBody } from "./network_schema.ts";

/** The bonding driver counts in milliseconds, and takes no more. */
const Milliseconds = z.int().min(0).max(3_600_000);

const Bond = z.strictObject({
  mode: z.enum(BOND_MODES),
  /** How often the members' links are looked at; 0: never. */
  miimonMs: Milliseconds.optional(),
  upDelayMs: Milliseconds.optional(),
  downDelayMs: Milliseconds.optional(),
  /** Of mode 802.3ad. */
  lacpRate: z.enum(LACP_RATES).optional(),
  /** Of modes balance-xor, 802.3ad and balance-tlb. */
  xmitHashPolicy: z.enum(XMIT_HASH_POLICIES).optional(),
  /** How often a new active member is announced. */
  gratuitousArps: z.int().min(1).max(255).optional(),
});
const Bridge = z.strictObject({
  stp: z.boolean().optional(),
  forwardDelaySeconds: z.int().min(0).max(30).optional(),
});

const Link = z.object({
  id: z.int(),
  mode: z.enum(LINK_MODES),
  subnetId: z.int().nullable(),
  cidr: z.string().nullable(),
  /** Of auto, null until a deploy gives it one. */
  ip: z.string().nullable(),
  /** The default route of its family goes this way. */
  isDefaultGateway: z.boolean(),
});

/** An interface of a machine, with its links. */
export const Interface = z.object({
  id: z.int(),
  name: z.string(),
  kind: z.enum(INTERFACE_KINDS),
  /** Its own, or that of the first of what it is made of; null: it is made of nothing. */
  mac: z.string().nullable(),
  /** Where it is plugged in; of a VLAN interface, its tag. Null: not known. */
  vlanId: z.int().nullable(),
  vid: z.int().nullable(),
  /** Bytes; null: as its VLAN and what it is made of have it. */
  mtu: z.int().nullable(),
  effectiveMtu: z.int(),
  isEnabled: z.boolean(),
  /** Whether router advertisements are heeded; null: as the system likes. */
  acceptRa: z.boolean().nullable(),
  tags: z.array(z.string()),
  parentIds: z.array(z.int()),
  childIds: z.array(z.int()),
  bond: Bond.nullable(),
  bridge: Bridge.nullable(),
  links: z.array(Link),
  version: z.int(),
});

const Name = z.string().min(1).max(15);
const Mac = z.string().max(32);
const Mtu = z.int().min(MTU_MIN).max(MTU_MAX);
const Tags = z.array(
  z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/, "use letters, digits, _ . and -"),
).max(32);
const Parents = z.array(RowBody).min(1).max(64);
const settings = {
  mtu: Mtu.nullable().optional(),
  isEnabled: z.boolean().optional(),
  acceptRa: z.boolean().nullable().optional(),
  tags: Tags.optional(),
};

export const NewInterface = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("physical"),
    name: Name,
    mac: Mac,
    vlanId: RowBody.nullable().optional(),
    ...settings,
  }),
  z.strictObject({
    kind: z.literal("bond"),
    name: Name,
    parentIds: Parents,
    bond: Bond,
    /** Absent: that of the first parent. */
    mac: Mac.optional(),
    vlanId: RowBody.nullable().optional(),
    ...settings,
  }),
  z.strictObject({
    kind: z.literal("bridge"),
    name: Name,
    parentIds: Parents,
    bridge: Bridge.optional(),
    mac: Mac.optional(),
    vlanId: RowBody.nullable().optional(),
    ...settings,
  }),
  z.strictObject({
    kind: z.literal("vlan"),
    name: Name,
    parentIds: z.array(RowBody).length(1),
    vlanId: RowBody,
    ...settings,
  }),
]).openapi({
  examples: [
    {
      kind: "bond",
      name: "bond0",
      parentIds: [17, 18],
      bond: { mode: "802.3ad", miimonMs: 100, lacpRate: "fast", xmitHashPolicy: "layer3+4" },
    },
    { kind: "vlan", name: "bond0.100", parentIds: [19], vlanId: 4 },
    { kind: "physical", name: "eno3", mac: "52:54:00:12:34:57" },
  ],
});

export const InterfaceChange = z.strictObject({
  name: Name.optional(),
  /** Null, of what is made of others: that of the first of them. */
  mac: Mac.nullable().optional(),
  vlanId: RowBody.nullable().optional(),
  parentIds: Parents.optional(),
  bond: Bond.optional(),
  bridge: Bridge.optional(),
  ...settings,
}).openapi({ example: { name: "lan0", mtu: 1500, tags: ["uplink"] } });

export const NewLink = z.strictObject({
  mode: z.enum(LINK_MODES),
  /** Of auto and static always; of dhcp, to say of which family it is. */
  subnetId: RowBody.optional(),
  /** Of static; absent: the lowest free one. */
  ip: Address.optional(),
  isDefaultGateway: z.boolean().optional(),
}).openapi({
  examples: [
    { mode: "static", subnetId: 3, ip: "10.0.0.20", isDefaultGateway: true },
    { mode: "dhcp" },
  ],
});

export const LinkChange = z.strictObject({
  mode: z.enum(LINK_MODES).optional(),
  subnetId: RowBody.nullable().optional(),
  ip: Address.optional(),
  isDefaultGateway: z.boolean().optional(),
}).openapi({ example: { mode: "link_up" } });
