import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";
import type { Inventory } from "@/shared/contract/inventory.ts";
import type { Db } from "../client.ts";
import { type MachineRow, machines, type NewMachine } from "../schema/machines.ts";

export type { MachineBmc, MachineRow } from "../schema/machines.ts";

/** Undefined when there is none. */
export async function findMachine(db: Db, systemId: string): Promise<MachineRow | undefined> {
  const [row] = await db.select().from(machines).where(eq(machines.systemId, systemId));
  return row;
}

/** By the row's own number, as operations and events hold it. Undefined when there is none. */
export async function findMachineById(db: Db, id: number): Promise<MachineRow | undefined> {
  const [row] = await db.select().from(machines).where(eq(machines.id, id));
  return row;
}

/** What an expression is asked of. */
export type InventoryRow = Pick<
  MachineRow,
  "id" | "systemId" | "hostname" | "siteId" | "inventory"
>;

/**
 * What was found in machines, in the order of their making; with `isLocked`, nobody else changes
 * them until the transaction ends.
 */
export async function listInventories(
  db: Db,
  filter: { afterId: number; poolIds?: readonly number[]; isLocked: boolean },
  limit: number,
): Promise<InventoryRow[]> {
  const { id, systemId, hostname, siteId, inventory } = machines;
  const rows = db.select({ id, systemId, hostname, siteId, inventory }).from(machines).where(and(
    gt(machines.id, filter.afterId),
    filter.poolIds && inArray(machines.poolId, [...filter.poolIds]),
  )).orderBy(asc(machines.id)).limit(limit);
  return filter.isLocked ? await rows.for("no key update") : await rows;
}

/** As a subquery: the numbers of the machines in these pools. */
export function machinesInPools(db: Db, poolIds: readonly number[]) {
  return db.select({ id: machines.id }).from(machines)
    .where(inArray(machines.poolId, [...poolIds]));
}

/** Row numbers to system ids; numbers of deleted machines are left out. */
export async function listSystemIds(
  db: Db,
  ids: readonly number[],
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.select({ id: machines.id, systemId: machines.systemId }).from(machines)
    .where(inArray(machines.id, [...ids]));
  return new Map(rows.map((row) => [row.id, row.systemId]));
}

/** Throws a violation of `machines_system_id` or `machines_site_hostname`. */
export async function insertMachine(db: Db, machine: NewMachine): Promise<MachineRow> {
  const [row] = await db.insert(machines).values(machine).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** What may change; `version` takes care of itself, and what follows from the inventory too. */
export type MachineChange = Omit<
  Partial<NewMachine>,
  "id" | "systemId" | "siteId" | "version" | "createdAt" | "inventory"
>;

/**
 * Changes a machine if nobody wrote it since `read`; undefined if somebody did.
 *
 * One statement, so it is atomic with or without a surrounding transaction. Throws a violation of
 * `machines_site_hostname` when the new hostname is taken.
 */
export async function moveMachine(
  db: Db,
  read: Pick<MachineRow, "id" | "version">,
  change: MachineChange,
): Promise<MachineRow | undefined> {
  const [row] = await db.update(machines)
    .set({ ...change, version: sql`${machines.version} + 1` })
    .where(and(eq(machines.id, read.id), eq(machines.version, read.version)))
    .returning();
  return row;
}

/** Keeps others from changing a machine until the transaction ends; false: somebody did since `read`. */
export async function lockMachine(
  tx: Db,
  read: Pick<MachineRow, "id" | "version">,
): Promise<boolean> {
  const rows = await tx.select({ id: machines.id }).from(machines)
    .where(and(eq(machines.id, read.id), eq(machines.version, read.version)))
    .for("no key update");
  return rows.length > 0;
}

/** Stores what was found in a machine, whatever else happened to it meanwhile. */
export async function updateInventory(
  db: Db,
  id: number,
  found: { inventory: Inventory; architecture: string },
): Promise<void> {
  await db.update(machines)
    .set({ ...found, version: sql`${machines.version} + 1` })
    .where(eq(machines.id, id));
}

/** True when there was one. Its interfaces and operations go with it. */
export async function deleteMachine(db: Db, id: number): Promise<boolean> {
  const rows = await db.delete(machines).where(eq(machines.id, id)).returning({ id: machines.id });
  return rows.length > 0;
}
