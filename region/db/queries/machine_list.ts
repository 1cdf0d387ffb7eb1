import { and, getTableColumns, inArray, type SQL } from "drizzle-orm";
import type { MachineStatus } from "@/shared/machine/lifecycle.ts";
import type { Db } from "../client.ts";
import { type MachineRow, machines } from "../schema/machines.ts";
import type { ListOrder, Slice } from "./keyset.ts";

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

/** Everything but the inventory, which is larger than all the rest together. */
export type ListedMachineRow = Omit<MachineRow, "inventory">;

const { inventory: _inventory, ...LISTED } = getTableColumns(machines);

export interface MachineFilter {
  readonly siteId?: readonly string[];
  readonly status?: readonly MachineStatus[];
  /** Only machines in these pools. */
  readonly poolIds?: readonly number[];
}

export async function listMachines(
  db: Db,
  filter: MachineFilter,
  { where, orderBy, limit }: Slice,
): Promise<ListedMachineRow[]> {
  return await db.select(LISTED).from(machines).where(and(where, ...conditionsOf(filter)))
    .orderBy(...orderBy).limit(limit);
}

function conditionsOf({ siteId, status, poolIds }: MachineFilter): (SQL | undefined)[] {
  return [
    siteId && inArray(machines.siteId, [...siteId]),
    status && inArray(machines.status, [...status]),
    poolIds && inArray(machines.poolId, [...poolIds]),
  ];
}
