import type { Inventory } from "@/shared/contract/inventory.ts";
import type { Db } from "@/region/db/client.ts";
import { findMachineById, updateInventory } from "@/region/db/queries/machines.ts";
import { replaceInterfaces, setVlansByLeases } from "@/region/db/queries/interfaces.ts";
import { debianArchitecture } from "@/region/domain/architecture.ts";
import { inventoryInterfaces } from "@/region/domain/inventory_interfaces.ts";
import { refreshMacs } from "@/region/services/interfaces/change_network.ts";
import { readNetwork } from "@/region/services/interfaces/read_network.ts";
import { tagByInventory } from "@/region/services/tags/evaluate_tags.ts";

/**
 * Stores what was found in a machine: inventory, interfaces, architecture, automatic tags. Nothing when the machine
 * is gone. The caller's transaction bumps the site's generation, for MACs may have changed.
 */
export async function recordInventory(
  tx: Db,
  machineId: number,
  inventory: Inventory,
): Promise<void> {
  const machine = await findMachineById(tx, machineId);
  if (!machine) return;
  const architecture = debianArchitecture(inventory.architecture);
  await updateInventory(tx, machineId, { inventory, architecture });
  const found = inventoryInterfaces(inventory);
  // An inventory without interfaces is a collector's fault: the machine did boot over one.
  const losers = found.length > 0 ? await replaceInterfaces(tx, machine, found) : [];
  // Or this machine would be given the address of a bond that the card was part of.
  for (const loser of losers) await refreshMacs(tx, await readNetwork(tx, loser));
  await setVlansByLeases(tx, machineId);
  await tagByInventory(tx, machineId, inventory);
}
