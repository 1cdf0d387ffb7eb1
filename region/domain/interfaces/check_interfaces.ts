import { DomainError } from "@/shared/errors/domain_error.ts";
import { BOND_MODES, type BondParameters } from "@/shared/machine/interfaces.ts";
import { checkLinks } from "./check_links.ts";
import { InterfaceTree, type MachineInterface } from "./interface.ts";

/** Far more than a machine has ports; every change looks at all of them. */
export const INTERFACES_MAX = 256;

/**
 * Refuses a machine's interfaces when they could not all be configured together.
 *
 * Looks at the whole, so every change is followed by it: what one change makes wrong may be something
 * that it did not touch. Names the interface, what is wrong with it and what would do.
 */
export function checkInterfaces(interfaces: readonly MachineInterface[]): void {
  const tree = new InterfaceTree(interfaces);
  if (interfaces.length > INTERFACES_MAX) throw tooMany(interfaces.length);
  checkNames(tree);
  // Before all that follows parents to their ends.
  for (const each of interfaces) refuseLoop(tree, each);
  for (const each of interfaces) {
    checkParents(tree, each);
    checkParameters(each);
    checkMtu(tree, each);
    checkLinks(tree, each);
  }
}

/** As Linux has it: 15 bytes, no slash, no white space, no colon. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/;

/**
 * Ports keep the names they were found with: two may have the same for a while, until the one that is
 * gone is removed.
 */
function checkNames({ all }: InterfaceTree): void {
  const taken = new Map<string, MachineInterface>();
  for (const each of all) {
    const isMade = each.kind !== "physical";
    if (isMade && !NAME.test(each.name)) throw badName(each);
    const other = taken.get(each.name);
    if (other && (isMade || other.kind !== "physical")) throw nameTaken(each, other);
    taken.set(each.name, each);
  }
}

/** Whether Linux takes it as the name of an interface. */
export function isInterfaceName(name: string): boolean {
  return NAME.test(name);
}

function refuseLoop(tree: InterfaceTree, one: MachineInterface): void {
  if (!tree.ancestorsOf(one).has(one)) return;
  throw wrong(
    one,
    "interface.loop",
    "parentIds",
    "it would be made of itself; choose parents that are not made of it",
  );
}

/** What each kind can be made of. */
const PARENT_KINDS: Record<MachineInterface["kind"], readonly MachineInterface["kind"][]> = {
  physical: [],
  bond: ["physical"],
  bridge: ["physical", "bond", "vlan"],
  vlan: ["physical", "bond", "bridge"],
};

function checkParents(tree: InterfaceTree, one: MachineInterface): void {
  const parents = tree.parentsOf(one);
  const isMissing = one.kind === "vlan" ? parents.length !== 1 : parents.length === 0;
  if (one.kind !== "physical" && isMissing) {
    throw wrong(
      one,
      "interface.parents_missing",
      "parentIds",
      one.kind === "vlan"
        ? "a VLAN interface is made of exactly one other; name it in parentIds"
        : `a ${one.kind} is made of at least one other; name it in parentIds`,
    );
  }
  for (const parent of parents) {
    if (!PARENT_KINDS[one.kind].includes(parent.kind)) {
      const possible = PARENT_KINDS[one.kind].join(", ") || "nothing";
      throw wrong(
        one,
        "interface.parent_of_wrong_kind",
        "parentIds",
        `a ${one.kind} cannot be made of ${parent.name}, a ${parent.kind}; it can of: ${possible}`,
      );
    }
    if (one.isEnabled && !parent.isEnabled) {
      throw wrong(
        one,
        "interface.parent_disabled",
        "isEnabled",
        `${parent.name}, which it is made of, is disabled; enable that, or disable both`,
      );
    }
    if (one.kind === "bond" || one.kind === "bridge") checkMember(tree, one, parent);
    if (one.kind === "vlan") checkTag(tree, one, parent);
  }
}

/** A member of a bond or bridge is nothing else's, and has no addresses of its own. */
function checkMember(tree: InterfaceTree, one: MachineInterface, member: MachineInterface): void {
  const others = tree.childrenOf(member).filter((child) => child.id !== one.id);
  const holder = others.find(({ kind }) => kind !== "vlan" || one.kind === "bond");
  if (holder) {
    throw wrong(
      one,
      "interface.member_taken",
      "parentIds",
      `${member.name} is used by ${holder.name} (${holder.kind}) already; ` +
        `remove that first, or choose another`,
    );
  }
  const link = member.links.find(({ mode }) => mode !== "link_up");
  if (link) {
    throw wrong(
      one,
      "interface.member_has_link",
      "parentIds",
      `${member.name} has a ${link.mode} link, and a member of a ${one.kind} has no addresses of ` +
        `its own; take the link from ${member.name} and put it on ${one.name}`,
    );
  }
}

function checkTag(tree: InterfaceTree, one: MachineInterface, parent: MachineInterface): void {
  const { vlan } = one;
  if (!vlan || vlan.vid === 0) {
    throw wrong(
      one,
      "interface.tag_missing",
      "vlanId",
      `VLAN ${vlan?.name ?? "none"} has no tag; choose one whose vid is 1 to 4094`,
    );
  }
  const twin = tree.childrenOf(parent)
    .find((child) => child.id !== one.id && child.kind === "vlan" && child.vlan?.vid === vlan.vid);
  if (twin) {
    throw wrong(
      one,
      "interface.tag_taken",
      "vlanId",
      `${parent.name} has tag ${vlan.vid} already, as ${twin.name}`,
    );
  }
  if (parent.vlan && parent.vlan.fabricId !== vlan.fabricId) {
    throw wrong(
      one,
      "interface.vlan_of_other_fabric",
      "vlanId",
      `${parent.name} is plugged into fabric ${parent.vlan.fabricId}, ` +
        `and VLAN ${vlan.name} is of fabric ${vlan.fabricId}`,
    );
  }
}

function checkParameters(one: MachineInterface): void {
  const { bond, bridge } = one.parameters;
  const foreign = bond && one.kind !== "bond"
    ? "bond"
    : bridge && one.kind !== "bridge"
    ? "bridge"
    : undefined;
  if (foreign) {
    const text = `a ${one.kind} has no ${foreign} parameters`;
    throw wrong(one, "interface.parameter_of_other_kind", foreign, text);
  }
  if (bond) checkBond(one, bond);
}

const HASHING: readonly BondParameters["mode"][] = ["balance-xor", "802.3ad", "balance-tlb"];

function checkBond(one: MachineInterface, bond: BondParameters): void {
  const { mode, lacpRate, xmitHashPolicy, miimonMs = 0, upDelayMs = 0, downDelayMs = 0 } = bond;
  const refuse = (field: string, text: string) =>
    wrong(one, "interface.bond_parameter", `bond.${field}`, text);
  if (!BOND_MODES.includes(mode)) throw refuse("mode", `mode is one of ${BOND_MODES.join(", ")}`);
  if (lacpRate && mode !== "802.3ad") {
    throw refuse("lacpRate", `lacpRate is of mode 802.3ad; this bond's is ${mode}`);
  }
  if (xmitHashPolicy && !HASHING.includes(mode)) {
    throw refuse(
      "xmitHashPolicy",
      `xmitHashPolicy is of modes ${HASHING.join(", ")}; this bond's is ${mode}`,
    );
  }
  if (miimonMs === 0 && (upDelayMs > 0 || downDelayMs > 0)) {
    throw refuse(
      "miimonMs",
      "delays count only while links are looked at; set miimonMs, say to 100",
    );
  }
}

function checkMtu(tree: InterfaceTree, one: MachineInterface): void {
  const { mtu } = one;
  if (mtu === null) return;
  const narrow = tree.parentsOf(one).find((parent) => tree.mtuOf(parent) < mtu);
  if (!narrow) return;
  throw wrong(
    one,
    "interface.mtu_beyond_parent",
    "mtu",
    `its mtu is ${mtu}, and ${narrow.name}, which it is made of, carries ${tree.mtuOf(narrow)}; ` +
      `raise that first`,
  );
}

function wrong(one: MachineInterface, code: string, field: string, text: string): DomainError {
  return new DomainError({ kind: "conflict", code, field, message: `${one.name}: ${text}` });
}

function badName({ name }: MachineInterface): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "interface.bad_name",
    field: "name",
    value: name,
    accepted: "1 to 15 letters, digits, _ . and -, a letter, digit or _ first",
    message: `"${name}" cannot be the name of an interface, such as bond0 or br-storage`,
  });
}

function nameTaken({ name }: MachineInterface, other: MachineInterface): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "interface.name_taken",
    field: "name",
    value: name,
    message: `the machine has a ${other.kind} interface named ${name} already`,
  });
}

function tooMany(count: number): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "interface.too_many",
    value: String(count),
    accepted: `at most ${INTERFACES_MAX}`,
    message: `a machine has at most ${INTERFACES_MAX} interfaces`,
  });
}
