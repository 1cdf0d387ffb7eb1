import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { setLinkMacs } from "@/region/db/queries/machine_network.ts";
import { type MachineRow, moveMachine } from "@/region/db/queries/machines.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { checkInterfaces } from "@/region/domain/interfaces/check_interfaces.ts";
import { InterfaceTree, type MachineInterface } from "@/region/domain/interfaces/interface.ts";
import { requireChangeableNetwork } from "@/region/domain/interfaces/network_changeable.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import type { Caller } from "../identity/caller.ts";
import { findMachineInScope, requireMachineOwner } from "../machines/machine_scope.ts";
import { readNetwork } from "./read_network.ts";

/** What a change of a machine's interfaces finds. */
export interface NetworkChange {
  readonly tx: Db;
  readonly machine: MachineRow;
  readonly before: readonly MachineInterface[];
}

/**
 * Changes how a machine is connected: one transaction, then the site's document.
 *
 * The machine's row is taken first, then the site's: nobody else changes this machine's interfaces or
 * gives addresses of the site meanwhile. What `work` has written is looked at as a whole by `settle`.
 * Throws `conflict` while the machine's network is frozen, and `forbidden` to whoever does not have it.
 */
export async function changeNetwork<T>(
  ctx: RegionContext,
  caller: Caller,
  systemId: string,
  work: (change: NetworkChange) => Promise<T>,
): Promise<T> {
  const attempt = () =>
    ctx.db.transaction(async (tx) => {
      const read = await findMachineInScope(tx, caller, systemId);
      requireMachineOwner(caller, read);
      const machine = await takeMachine(tx, read);
      const before = await readNetwork(tx, machine.id);
      return { siteId: machine.siteId, result: await work({ tx, machine, before }) };
    });
  const { siteId, result } = await refuseViolations(
    REFUSALS,
    () => retryOnChange(`machine ${systemId}`, attempt),
  );
  await publishSoon(ctx, siteId);
  return result;
}

/** Locks a machine and its site for a change of its network. */
export async function takeMachine(tx: Db, read: MachineRow): Promise<MachineRow> {
  requireChangeableNetwork(read);
  const moved = await moveMachine(tx, read, {});
  if (!moved) throw new ChangedMeanwhile();
  await bumpGeneration(tx, read.siteId);
  return moved;
}

/**
 * Reads what was written, refuses it when it does not go together, and brings the MACs up to date
 * that the addresses are promised to.
 */
export async function settle(tx: Db, machineId: number): Promise<MachineInterface[]> {
  const after = await readNetwork(tx, machineId);
  checkInterfaces(after);
  await refreshMacs(tx, after);
  return after;
}

/** Brings the MACs that the addresses of these interfaces are promised to up to date. */
export async function refreshMacs(tx: Db, network: readonly MachineInterface[]): Promise<void> {
  const tree = new InterfaceTree(network);
  const macs = network.flatMap((each) =>
    each.links.map(({ id: linkId }) => ({ linkId, mac: tree.macOf(each) }))
  );
  await setLinkMacs(tx, macs);
}

/** What only the database can tell. */
const REFUSALS = {
  interfaces_site_mac: {
    code: "interface.mac_taken",
    message: "the machine has another port with this MAC address",
    field: "mac",
  },
  interfaces_vlan_has_tag: {
    code: "interface.vlan_missing",
    message: "a VLAN interface cannot be without its VLAN; name one in vlanId, or remove it",
    field: "vlanId",
  },
};
