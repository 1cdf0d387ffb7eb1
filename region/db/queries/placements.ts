import { and, count, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { machines } from "../schema/machines.ts";
import { pools, type ZoneRow, zones } from "../schema/zones.ts";
import type { ListOrder, Slice } from "./keyset.ts";

/** A zone says where a machine is, a pool whom it is for; both are names that machines point to. */
export type PlacementKind = "zone" | "pool";
export type PlacementRow = ZoneRow;

/** Zone and pool that always exist: their migration made them first. */
export const DEFAULT_PLACEMENT_ID = 1;

// The two tables have the same columns; drizzle tells them apart by their names only.
const tableOf = (kind: PlacementKind) => (kind === "zone" ? zones : pools) as typeof zones;
const columnOf = (kind: PlacementKind) => kind === "zone" ? machines.zoneId : machines.poolId;

/** Undefined when there is none. */
export async function findPlacement(
  db: Db,
  kind: PlacementKind,
  by: { id: number } | { name: string },
): Promise<PlacementRow | undefined> {
  const table = tableOf(kind);
  const [row] = await db.select().from(table)
    .where("id" in by ? eq(table.id, by.id) : eq(table.name, by.name));
  return row;
}

/** In the order of their making, unless asked otherwise. */
export function placementOrder(kind: PlacementKind): ListOrder {
  const { name, createdAt, id } = tableOf(kind);
  return {
    columns: { name, createdAt, id },
    unique: ["id"],
    initial: [{ key: "id", isDescending: false }],
  };
}

/** `ids`: only these. */
export async function listPlacements(
  db: Db,
  kind: PlacementKind,
  ids: readonly number[] | undefined,
  { where, orderBy, limit }: Slice,
): Promise<PlacementRow[]> {
  const table = tableOf(kind);
  return await db.select().from(table).where(and(where, ids && inArray(table.id, [...ids])))
    .orderBy(...orderBy).limit(limit);
}

/** Row numbers to names. */
export async function listPlacementNames(
  db: Db,
  kind: PlacementKind,
  ids: readonly number[],
): Promise<Map<number, string>> {
  const { id, name } = tableOf(kind);
  const rows = await db.select({ id, name }).from(tableOf(kind)).where(inArray(id, [...ids]));
  return new Map(rows.map((row) => [row.id, row.name]));
}

/** How many machines are in each of these; those without are left out. */
export async function countMachinesIn(
  db: Db,
  kind: PlacementKind,
  ids: readonly number[],
): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const column = columnOf(kind);
  const rows = await db.select({ id: column, machines: count() }).from(machines)
    .where(inArray(column, [...ids])).groupBy(column);
  return new Map(rows.map((row) => [row.id, row.machines]));
}

/** Throws a violation of `zones_name` or `pools_name` when the name is taken. */
export async function insertPlacement(
  db: Db,
  kind: PlacementKind,
  placement: { name: string; description?: string; createdAt: Date },
): Promise<PlacementRow> {
  const [row] = await db.insert(tableOf(kind)).values(placement).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Changes one if nobody wrote it since `read`; undefined if somebody did. */
export async function updatePlacement(
  db: Db,
  kind: PlacementKind,
  read: Pick<PlacementRow, "id" | "version">,
  change: { name?: string; description?: string },
): Promise<PlacementRow | undefined> {
  const table = tableOf(kind);
  const [row] = await db.update(table).set({ ...change, version: sql`${table.version} + 1` })
    .where(and(eq(table.id, read.id), eq(table.version, read.version))).returning();
  return row;
}

/** Puts all its machines into the default zone or pool. */
export async function moveMachinesToDefault(
  db: Db,
  kind: PlacementKind,
  id: number,
): Promise<void> {
  const to = kind === "zone" ? { zoneId: DEFAULT_PLACEMENT_ID } : { poolId: DEFAULT_PLACEMENT_ID };
  await db.update(machines).set({ ...to, version: sql`${machines.version} + 1` })
    .where(eq(columnOf(kind), id));
}

/** Throws a violation of `machines_zone_id_fkey` or `machines_pool_id_fkey` while machines are in it. */
export async function deletePlacement(db: Db, kind: PlacementKind, id: number): Promise<void> {
  const table = tableOf(kind);
  await db.delete(table).where(eq(table.id, id));
}
