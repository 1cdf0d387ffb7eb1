import type { Inventory } from "@/shared/contract/inventory.ts";
import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  insertInterfaces,
  listInterfacesByMac,
  setVlansByLeases,
} from "@/region/db/queries/interfaces.ts";
import { findMachineById, insertMachine } from "@/region/db/queries/machines.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import { debianArchitecture } from "@/region/domain/architecture.ts";
import { inventoryInterfaces } from "@/region/domain/inventory_interfaces.ts";
import { tagByInventory } from "@/region/services/tags/evaluate_tags.ts";
import { makeSystemId } from "./make_system_id.ts";
import { recordInventory } from "./record_inventory.ts";

export interface Enlistment {
  readonly siteId: string;
  /** The interface it booted from. */
  readonly mac: string;
  readonly inventory: Inventory;
  readonly at: Date;
}

/**
 * Takes in a machine that reported itself at a site, or brings up to date the one that has any of
 * its MACs there; so a repeated report makes no second machine.
 *
 * Runs in the caller's transaction `tx`, which bumps the site's generation.
 */
export async function enlistMachine(
  ctx: Pick<RegionContext, "randomBytes">,
  tx: Db,
  input: Enlistment,
): Promise<{ systemId: string; isNew: boolean }> {
  const { siteId, inventory, at } = input;
  const found = inventoryInterfaces(inventory, input.mac);
  const known = await listInterfacesByMac(tx, siteId, found.map(({ mac }) => mac));
  const machine = known[0] && await findMachineById(tx, known[0].machineId);
  if (machine) {
    await recordInventory(tx, machine.id, inventory);
    return { systemId: machine.systemId, isNew: false };
  }

  const systemId = makeSystemId(ctx);
  const made = await insertMachine(tx, {
    systemId,
    siteId,
    hostname: `node-${systemId}`,
    architecture: debianArchitecture(inventory.architecture),
    status: "New",
    statusChangedAt: at,
    // It reported itself, so it was on.
    powerState: "on",
    powerStateAt: at,
    inventory,
    createdAt: at,
  });
  await insertInterfaces(tx, made, found);
  await setVlansByLeases(tx, made.id);
  await tagByInventory(tx, made.id, inventory);
  await insertEvent(tx, {
    at,
    siteId,
    machineId: made.id,
    level: "info",
    code: "machine.enlisted",
    message: `${made.hostname} booted from the network and was taken in`,
  });
  return { systemId, isNew: true };
}
