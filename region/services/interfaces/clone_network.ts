import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  deleteInterfaces,
  deleteLinks,
  insertInterface,
  insertLink,
  setParents,
  updateInterface,
} from "@/region/db/queries/machine_network.ts";
import type { MachineRow } from "@/region/db/queries/machines.ts";
import type { MachineInterface } from "@/region/domain/interfaces/interface.ts";
import { matchPorts } from "@/region/domain/interfaces/match_ports.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Caller } from "../identity/caller.ts";
import { settle, takeMachine } from "./change_network.ts";
import { viewInterfaces } from "./interface_view.ts";
import { readNetwork } from "./read_network.ts";

/** The machine that is copied, and how it is connected. */
export interface NetworkSource {
  readonly machine: MachineRow;
  readonly interfaces: readonly MachineInterface[];
}

/**
 * Connects a machine as another one is, in the caller's transaction; returns it as it is then.
 *
 * Bonds, bridges and VLANs are made anew on its own ports. Addresses are not copied: a static link
 * becomes an auto one. Where a port is plugged in stays what is known of it. Throws when the ports or
 * the networks do not fit.
 */
export async function cloneNetwork(
  ctx: RegionContext,
  tx: Db,
  caller: Caller,
  { source, read }: { source: NetworkSource; read: MachineRow },
): Promise<MachineRow> {
  if (read.siteId !== source.machine.siteId) throw atOtherSite(read);
  const machine = await takeMachine(tx, read);
  const before = await readNetwork(tx, machine.id);
  const ports = matchPorts(source.interfaces, before);
  await clear(tx, before);
  const copies = new Map<number, number>();
  for (const one of source.interfaces) {
    const port = ports.get(one);
    if (port) {
      await updateInterface(tx, port.id, settingsOf(one, port));
      copies.set(one.id, port.id);
    } else if (one.kind !== "physical") {
      const { name, kind, parameters } = one;
      const whose = { machineId: machine.id, siteId: machine.siteId };
      const row = { ...whose, ...settingsOf(one), name, kind, parameters, isNamed: true };
      copies.set(one.id, (await insertInterface(tx, row)).id);
    }
  }
  for (const one of source.interfaces) await connect(tx, one, copies);
  const after = await settle(tx, machine.id);
  await recordChange(ctx, tx, caller, {
    action: "machine.clone",
    id: machine.systemId,
    name: machine.hostname,
    before: { interfaces: viewInterfaces(before) },
    after: { interfaces: viewInterfaces(after) },
  });
  return machine;
}

async function clear(tx: Db, network: readonly MachineInterface[]): Promise<void> {
  await deleteLinks(tx, network.flatMap(({ links }) => links.map(({ id }) => id)));
  const made = network.filter(({ kind }) => kind !== "physical");
  await deleteInterfaces(tx, made.map(({ id }) => id));
}

function settingsOf(one: MachineInterface, port?: MachineInterface) {
  const { mtu, isEnabled, acceptRa, tags } = one;
  return {
    vlanId: port?.vlan?.id ?? one.vlan?.id ?? null,
    mtu,
    isEnabled,
    acceptRa,
    tags: [...tags],
  };
}

async function connect(
  tx: Db,
  one: MachineInterface,
  copies: ReadonlyMap<number, number>,
): Promise<void> {
  const interfaceId = copies.get(one.id);
  if (interfaceId === undefined) return;
  if (one.parentIds.length > 0) {
    await setParents(tx, interfaceId, one.parentIds.flatMap((id) => copies.get(id) ?? []));
  }
  for (const { mode, subnet, isDefaultGateway } of one.links) {
    await insertLink(tx, {
      interfaceId,
      mode: mode === "static" ? "auto" : mode,
      subnetId: subnet?.id,
      isDefaultGateway,
    });
  }
}

function atOtherSite({ hostname, siteId }: MachineRow): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "clone.other_site",
    value: siteId,
    message: `${hostname} is at another site, where the networks of the copied machine are not`,
  });
}
