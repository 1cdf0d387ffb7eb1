import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  deleteInterfaces,
  insertInterface,
  setParents,
  updateInterface,
} from "@/region/db/queries/machine_network.ts";
import { listInterfacesByMac, type NewInterface } from "@/region/db/queries/interfaces.ts";
import type { MachineRow } from "@/region/db/queries/machines.ts";
import { findVlan } from "@/region/db/queries/networks.ts";
import { atField } from "@/region/domain/at_field.ts";
import { InterfaceTree, type MachineInterface } from "@/region/domain/interfaces/interface.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type {
  BondParameters,
  BridgeParameters,
  InterfaceKind,
} from "@/shared/machine/interfaces.ts";
import { type MacAddress, parseMacAddress } from "@/shared/net/mac_address.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { recordNetworkChange } from "../networks/change_site.ts";
import { changeNetwork, type NetworkChange, settle } from "./change_network.ts";
import { type InterfaceView, viewInterfaces } from "./interface_view.ts";

/** What people say of an interface; absent: as it is, or as is usual. */
export interface InterfaceSettings {
  readonly name?: string;
  /** Of a port its own; null, of what is made of others: that of the first of them. */
  readonly mac?: string | null;
  /** Where it is plugged in; of a VLAN interface, its tag. */
  readonly vlanId?: number | null;
  readonly mtu?: number | null;
  readonly isEnabled?: boolean;
  readonly acceptRa?: boolean | null;
  readonly tags?: readonly string[];
  readonly parentIds?: readonly number[];
  readonly bond?: BondParameters;
  readonly bridge?: BridgeParameters;
}

export interface NewInterfaceInput extends InterfaceSettings {
  readonly systemId: string;
  readonly kind: InterfaceKind;
  readonly name: string;
}

/** One interface of one machine, as a request names it. */
export interface InterfaceAddress {
  readonly systemId: string;
  readonly interfaceId: number;
  readonly ifVersion?: number;
}

/**
 * Adds an interface to a machine: a bond, bridge or VLAN made of others, or a port that was not found.
 *
 * Throws `conflict` when the whole would not go together.
 */
export async function createInterface(
  ctx: RegionContext,
  caller: Caller,
  input: NewInterfaceInput,
): Promise<InterfaceView> {
  requireRole(caller, input.kind === "physical" ? "admin" : "operator");
  const { systemId, kind, name, parentIds = [] } = input;
  return await changeNetwork(ctx, caller, systemId, async (change) => {
    const { tx, machine, before } = change;
    const columns = await columnsOf(tx, machine, input);
    const { siteId } = machine;
    const row = { ...columns, machineId: machine.id, siteId, kind, name, isNamed: true };
    const { id } = await insertInterface(tx, row);
    await setParents(tx, id, parentsAmong(before, parentIds));
    return await record(ctx, caller, change, { verb: "create", interfaceId: id });
  });
}

/** Changes what is said of an interface; a port's MAC only for an admin. */
export async function updateInterfaceSettings(
  ctx: RegionContext,
  caller: Caller,
  { systemId, interfaceId, ifVersion, ...settings }: InterfaceAddress & InterfaceSettings,
): Promise<InterfaceView> {
  requireRole(caller, "operator");
  return await changeNetwork(ctx, caller, systemId, async (change) => {
    const { tx, machine, before } = change;
    const one = findInterface(before, interfaceId);
    expectVersion(one, ifVersion);
    if (one.kind === "physical" && settings.mac !== undefined) {
      requireRole(caller, "admin");
      if (settings.mac === null) throw portWithoutMac(one);
    }
    const columns = await columnsOf(tx, machine, settings, one);
    await updateInterface(tx, interfaceId, columns);
    if (settings.parentIds) {
      await setParents(tx, interfaceId, parentsAmong(before, settings.parentIds));
    }
    return await record(ctx, caller, change, { verb: "update", interfaceId });
  });
}

/** Removes an interface that nothing else is made of; a port only for an admin, and not the last. */
export async function removeInterface(
  ctx: RegionContext,
  caller: Caller,
  { systemId, interfaceId, ifVersion }: InterfaceAddress,
): Promise<void> {
  requireRole(caller, "operator");
  await changeNetwork(ctx, caller, systemId, async (change) => {
    const { tx, before } = change;
    const one = findInterface(before, interfaceId);
    expectVersion(one, ifVersion);
    if (one.kind === "physical") requireRole(caller, "admin");
    checkMayGo(before, one);
    await deleteInterfaces(tx, [interfaceId]);
    await record(ctx, caller, change, { verb: "delete", interfaceId });
  });
}

/** Throws `not_found`. */
export function findInterface(
  network: readonly MachineInterface[],
  interfaceId: number,
): MachineInterface {
  return mustFind(network.find(({ id }) => id === interfaceId), "interface", interfaceId);
}

/** Settles the change and writes it down; of one that was removed, the view is of nothing. */
export async function record(
  ctx: RegionContext,
  caller: Caller,
  { tx, machine, before }: NetworkChange,
  { verb, interfaceId }: { verb: "create" | "update" | "delete"; interfaceId: number },
): Promise<InterfaceView> {
  const after = await settle(tx, machine.id);
  const viewIn = (network: readonly MachineInterface[]) =>
    viewInterfaces(network).find(({ id }) => id === interfaceId);
  const [was, is] = [viewIn(before), viewIn(after)];
  const shown = mustFind(is ?? was, "interface", interfaceId);
  await recordNetworkChange(ctx, tx, caller, {
    action: `interface.${verb}`,
    id: interfaceId,
    name: `${shown.name} of ${machine.hostname}`,
    siteId: machine.siteId,
    machineId: machine.id,
    before: was,
    after: is,
  });
  return shown;
}

async function columnsOf(
  tx: Db,
  machine: MachineRow,
  settings: InterfaceSettings,
  present?: MachineInterface,
): Promise<Partial<Omit<NewInterface, "id" | "machineId" | "siteId" | "version">>> {
  const { name, vlanId, mtu, isEnabled, acceptRa, tags, bond, bridge } = settings;
  if (vlanId) await checkVlan(tx, machine.siteId, vlanId);
  const isNamed = name !== undefined && name !== present?.name;
  const mac = macOf(settings);
  if (mac) await checkMac(tx, machine, mac);
  return {
    ...(isNamed ? { name, isNamed } : {}),
    ...(mac === undefined ? {} : { mac }),
    ...(vlanId === undefined ? {} : { vlanId }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(isEnabled === undefined ? {} : { isEnabled }),
    ...(acceptRa === undefined ? {} : { acceptRa }),
    ...(tags === undefined ? {} : { tags: [...new Set(tags)] }),
    ...(bond || bridge
      ? { parameters: { ...present?.parameters, ...(bond && { bond }), ...(bridge && { bridge }) } }
      : {}),
  };
}

function macOf({ mac }: InterfaceSettings): MacAddress | null | undefined {
  return mac ? atField("mac", () => parseMacAddress(mac)) : mac === null ? null : undefined;
}

/** Not another machine's: DHCP would give that one this one's address. */
async function checkMac(tx: Db, machine: MachineRow, mac: MacAddress): Promise<void> {
  const [taken] = await listInterfacesByMac(tx, machine.siteId, [mac]);
  if (!taken || taken.machineId === machine.id) return;
  throw new DomainError({
    kind: "conflict",
    code: "interface.mac_of_another",
    field: "mac",
    value: mac,
    message: `${mac} is the MAC address of another machine of the site`,
  });
}

/** It must be there, at the machine's site. */
async function checkVlan(tx: Db, siteId: string, vlanId: number): Promise<void> {
  const vlan = mustFind(await findVlan(tx, vlanId), "vlan", vlanId);
  if (vlan.siteId === siteId) return;
  throw new DomainError({
    kind: "invalid_input",
    code: "interface.vlan_elsewhere",
    field: "vlanId",
    value: String(vlanId),
    accepted: `a VLAN of site ${siteId}`,
    message: `VLAN ${vlanId} is at another site than the machine`,
  });
}

function parentsAmong(
  network: readonly MachineInterface[],
  parentIds: readonly number[],
): number[] {
  const known = new Set(network.map(({ id }) => id));
  const stranger = parentIds.find((id) => !known.has(id));
  if (stranger === undefined) return [...new Set(parentIds)];
  throw new DomainError({
    kind: "invalid_input",
    code: "interface.parent_missing",
    field: "parentIds",
    value: String(stranger),
    accepted: `interfaces of the machine: ${[...known].join(", ")}`,
    message: `the machine has no interface ${stranger}`,
  });
}

function checkMayGo(network: readonly MachineInterface[], one: MachineInterface): void {
  const [child] = new InterfaceTree(network).childrenOf(one);
  if (child) {
    throw new DomainError({
      kind: "conflict",
      code: "interface.has_children",
      message: `${child.name} (${child.kind}) is made of ${one.name}; remove that first`,
    });
  }
  const ports = network.filter(({ kind }) => kind === "physical");
  if (one.kind === "physical" && ports.length === 1) {
    throw new DomainError({
      kind: "conflict",
      code: "interface.last_port",
      message: `${one.name} is the machine's only port; without it nobody would know the machine`,
    });
  }
}

function portWithoutMac({ name }: MachineInterface): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "interface.mac_missing",
    field: "mac",
    accepted: "a MAC address such as 52:54:00:12:34:56",
    message: `${name} is a port, and a machine is known by the MACs of its ports`,
  });
}
