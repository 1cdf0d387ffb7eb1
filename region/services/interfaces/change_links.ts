import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  clearDefaultGateways,
  deleteLinkAddress,
  deleteLinks,
  insertLink,
  updateInterface,
  updateLink,
} from "@/region/db/queries/machine_network.ts";
import type { MachineRow } from "@/region/db/queries/machines.ts";
import type { SubnetRow } from "@/region/db/queries/subnets.ts";
import { atField } from "@/region/domain/at_field.ts";
import {
  familyOfLink,
  type InterfaceLink,
  InterfaceTree,
  type MachineInterface,
} from "@/region/domain/interfaces/interface.ts";
import type { SubnetPlan } from "@/region/domain/networks/network_rules.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { LinkMode } from "@/shared/machine/interfaces.ts";
import { type IpAddress, parseIpAddress } from "@/shared/net/ip_address.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { promiseAddress } from "../ip_addresses/promise_address.ts";
import { readSubnetPlan } from "../subnets/subnet_plan.ts";
import { findInterface, type InterfaceAddress, record } from "./change_interfaces.ts";
import { changeNetwork, type NetworkChange } from "./change_network.ts";
import type { InterfaceView } from "./interface_view.ts";

/** How an interface shall come by an address. */
export interface LinkSettings {
  readonly mode: LinkMode;
  /** Of auto and static always; of dhcp, to say of which family it is. */
  readonly subnetId?: number | null;
  /** Of static; absent: the lowest free one of the subnet. */
  readonly ip?: string;
  readonly isDefaultGateway?: boolean;
}

/** Gives an interface one more way to come by an address; a static address is its own from now on. */
export async function addLink(
  ctx: RegionContext,
  caller: Caller,
  { systemId, interfaceId, ifVersion, ...link }: InterfaceAddress & LinkSettings,
): Promise<InterfaceView> {
  requireRole(caller, "operator");
  return await changeNetwork(ctx, caller, systemId, async (change) => {
    const { tx, machine, before } = change;
    const one = findInterface(before, interfaceId);
    expectVersion(one, ifVersion);
    const subnet = await subnetOf(tx, machine, link);
    const { id: linkId } = await insertLink(tx, {
      interfaceId,
      mode: link.mode,
      subnetId: subnet?.row.id,
      isDefaultGateway: link.isDefaultGateway,
    });
    await takeStatic(ctx, change, { one, linkId, link, subnet });
    return await finish(ctx, caller, change, { one, linkId, link, subnet });
  });
}

/** Changes a link; its address stays where mode and subnet do and no other is named. */
export async function changeLink(
  ctx: RegionContext,
  caller: Caller,
  input: InterfaceAddress & Partial<LinkSettings> & { linkId: number },
): Promise<InterfaceView> {
  requireRole(caller, "operator");
  const { systemId, interfaceId, ifVersion, linkId, ...settings } = input;
  return await changeNetwork(ctx, caller, systemId, async (change) => {
    const { tx, machine, before } = change;
    const one = findInterface(before, interfaceId);
    expectVersion(one, ifVersion);
    const was = findLink(one, linkId);
    const link = withSettings(was, settings);
    const subnet = await subnetOf(tx, machine, link);
    const isMoved = link.mode !== was.mode || link.subnetId !== (was.subnet?.id ?? null) ||
      settings.ip !== undefined;
    if (isMoved) await deleteLinkAddress(tx, linkId);
    const { mode, subnetId = null, isDefaultGateway } = link;
    await updateLink(tx, linkId, { mode, subnetId, isDefaultGateway });
    if (isMoved) await takeStatic(ctx, change, { one, linkId, link, subnet });
    return await finish(ctx, caller, change, { one, linkId, link, subnet });
  });
}

/** Takes a link from its interface; its address is free then. */
export async function removeLink(
  ctx: RegionContext,
  caller: Caller,
  { systemId, interfaceId, ifVersion, linkId }: InterfaceAddress & { linkId: number },
): Promise<void> {
  requireRole(caller, "operator");
  await changeNetwork(ctx, caller, systemId, async (change) => {
    const { tx, before } = change;
    const one = findInterface(before, interfaceId);
    expectVersion(one, ifVersion);
    findLink(one, linkId);
    await deleteLinks(tx, [linkId]);
    await updateInterface(tx, interfaceId, {});
    await record(ctx, caller, change, { verb: "update", interfaceId });
  });
}

type Subnet = { readonly row: SubnetRow; readonly plan: SubnetPlan };

interface Linked {
  readonly one: MachineInterface;
  readonly linkId: number;
  readonly link: LinkSettings;
  readonly subnet: Subnet | undefined;
}

/** A port of which nobody knows where it is plugged in is where its link says. */
async function finish(
  ctx: RegionContext,
  caller: Caller,
  change: NetworkChange,
  { one, linkId, link, subnet }: Linked,
): Promise<InterfaceView> {
  const { tx, before } = change;
  const vlan = one.vlan || !subnet ? {} : { vlanId: subnet.row.vlanId };
  await updateInterface(tx, one.id, vlan);
  if (link.isDefaultGateway && subnet) {
    const others = before.flatMap(({ links }) => links).filter((other) =>
      other.id !== linkId && other.isDefaultGateway &&
      familyOfLink(other) === subnet.plan.network.family
    );
    await clearDefaultGateways(tx, others.map(({ id }) => id));
  }
  return await record(ctx, caller, change, { verb: "update", interfaceId: one.id });
}

async function takeStatic(
  ctx: RegionContext,
  { tx, before }: NetworkChange,
  { one, linkId, link, subnet }: Linked,
): Promise<void> {
  if (link.mode !== "static" || !subnet) return;
  const mac = new InterfaceTree(before).macOf(one);
  const ip: IpAddress | undefined = link.ip === undefined
    ? undefined
    : atField("ip", () => parseIpAddress(link.ip ?? ""));
  await promiseAddress(tx, subnet, { kind: "static", linkId, ip, mac, createdAt: ctx.now() });
}

/** The link's subnet, at the machine's site. Throws when the mode cannot do without, or with, one. */
async function subnetOf(
  tx: Db,
  { siteId }: MachineRow,
  { mode, subnetId, ip }: LinkSettings,
): Promise<Subnet | undefined> {
  if (ip !== undefined && mode !== "static") {
    throw badLink("link.ip_not_static", "ip", `a link with mode ${mode} is not told its address`);
  }
  const hasSubnet = subnetId !== undefined && subnetId !== null;
  if (!hasSubnet) {
    if (mode === "dhcp" || mode === "link_up") return undefined;
    throw badLink("link.subnet_missing", "subnetId", `a link with mode ${mode} names its subnet`);
  }
  if (mode === "link_up") {
    throw badLink("link.subnet_of_link_up", "subnetId", "link_up has no address, so no subnet");
  }
  const subnet = await readSubnetPlan(tx, subnetId);
  if (subnet.row.siteId === siteId) return subnet;
  throw badLink(
    "link.subnet_elsewhere",
    "subnetId",
    `${subnet.row.cidr} is at another site than the machine`,
  );
}

/** What the link shall be; where its mode changes, what belongs to the old one goes. */
function withSettings(was: InterfaceLink, settings: Partial<LinkSettings>): LinkSettings {
  const { mode = was.mode, subnetId, ip, isDefaultGateway = was.isDefaultGateway } = settings;
  const kept = mode === "link_up" ? null : was.subnet?.id ?? null;
  return {
    mode,
    subnetId: subnetId === undefined ? kept : subnetId,
    ...(ip === undefined ? {} : { ip }),
    isDefaultGateway: mode === "link_up" ? settings.isDefaultGateway ?? false : isDefaultGateway,
  };
}

function findLink(one: MachineInterface, linkId: number): InterfaceLink {
  return mustFind(one.links.find(({ id }) => id === linkId), "link", linkId);
}

function badLink(code: string, field: string, message: string): DomainError {
  return new DomainError({ kind: "invalid_input", code, field, message });
}
