import { and, getTableColumns } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type MachineRow, machines } from "../schema/machines.ts";
import type { ListOrder, Slice } from "./keyset.ts";
import { machineConditions, type MachineFilter } from "./machine_filter.ts";

export type { MachineFilter } from "./machine_filter.ts";

/** In the order of their making, unless asked otherwise. */
export const MACHINE_ORDER: ListOrder = {
  columns: {
    hostname: machines.hostname,
    systemId: machines.systemId,
    siteId: machines.siteId,
    status: machines.status,
    statusChangedAt: machines.statusChangedAt,
    architecture: machines.architecture,
    cpuCount: machines.cpuCount,
    memoryMib: machines.memoryMib,
    diskCount: machines.diskCount,
    storageBytes: machines.storageBytes,
    createdAt: machines.createdAt,
    id: machines.id,
  },
  unique: ["id"],
  initial: [{ key: "id", isDescending: false }],
  hidden: ["id"],
};

/** Everything but the inventory, which is larger than all the rest together, and the search text. */
export type ListedMachineRow = Omit<MachineRow, "inventory" | "search">;

const { inventory: _inventory, search: _search, ...LISTED } = getTableColumns(machines);

export async function listMachines(
  db: Db,
  filter: MachineFilter,
  { where, orderBy, limit }: Slice,
): Promise<ListedMachineRow[]> {
  return await db.select(LISTED).from(machines).where(and(where, ...machineConditions(db, filter)))
    .orderBy(...orderBy).limit(limit);
}

/** The same, each with its inventory. */
export async function listWholeMachines(
  db: Db,
  filter: MachineFilter,
  { where, orderBy, limit }: Slice,
): Promise<(ListedMachineRow & Pick<MachineRow, "inventory">)[]> {
  return await db.select({ ...LISTED, inventory: machines.inventory }).from(machines)
    .where(and(where, ...machineConditions(db, filter))).orderBy(...orderBy).limit(limit);
}
