import { DomainError } from "@/shared/errors/domain_error.ts";
import {
  familyOfLink,
  type InterfaceLink,
  type InterfaceTree,
  type MachineInterface,
} from "./interface.ts";

/** As many as anybody configures by hand, and more. */
export const LINKS_MAX = 64;
/** RFC 8200 §5: IPv6 works on nothing narrower. */
const IPV6_MTU_MIN = 1280;

/** Refuses the links of an interface when they do not go together or with where it is plugged in. */
export function checkLinks(tree: InterfaceTree, one: MachineInterface): void {
  const { links } = one;
  if (links.length > LINKS_MAX) {
    throw wrong(one, "link.too_many", "links", `an interface has at most ${LINKS_MAX} links`);
  }
  if (links.length > 1 && links.some(({ mode }) => mode === "link_up")) {
    throw wrong(
      one,
      "link.up_among_others",
      "mode",
      "link_up means that it has no address, so it is its only link; remove the others, or this",
    );
  }
  for (const link of links) checkLink(tree, one, link);
  checkDhcp(one);
}

function checkLink(tree: InterfaceTree, one: MachineInterface, link: InterfaceLink): void {
  const { subnet } = link;
  if (link.isDefaultGateway && !subnet?.gateway) {
    throw wrong(
      one,
      "link.no_gateway",
      "isDefaultGateway",
      subnet
        ? `subnet ${subnet.cidr} has no gateway; give it one with PATCH /api/v1/subnets/${subnet.id}`
        : "the link is on no subnet, so no gateway is known",
    );
  }
  if (!subnet) return;
  if (one.vlan && one.vlan.id !== subnet.vlanId) {
    throw wrong(
      one,
      "link.subnet_of_other_vlan",
      "subnetId",
      `it is plugged into VLAN ${one.vlan.id} (${one.vlan.name}), and ${subnet.cidr} is on VLAN ` +
        `${subnet.vlanId}; choose a subnet of its VLAN, or change its vlanId first`,
    );
  }
  if (familyOfLink(link) === 6 && tree.mtuOf(one) < IPV6_MTU_MIN) {
    throw wrong(
      one,
      "link.mtu_too_small",
      "subnetId",
      `IPv6 needs an mtu of at least ${IPV6_MTU_MIN}, and its is ${tree.mtuOf(one)}`,
    );
  }
}

/** Two clients of one family on one interface would fight for it. */
function checkDhcp(one: MachineInterface): void {
  const asking = one.links.filter(({ mode }) => mode === "dhcp");
  const families = new Set(asking.map(familyOfLink));
  if (families.size === asking.length) return;
  throw wrong(one, "link.dhcp_twice", "mode", "it asks for an address by DHCP already");
}

function wrong(one: MachineInterface, code: string, field: string, text: string): DomainError {
  return new DomainError({ kind: "conflict", code, field, message: `${one.name}: ${text}` });
}
