import { and, asc, eq, inArray, notInArray, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { anyOf } from "./any_of.ts";
import { type InterfaceRow, interfaces } from "../schema/machines.ts";

/** All interfaces of these machines, each machine's in the order they became known. */
export async function listInterfaces(
  db: Db,
  machineIds: readonly number[],
): Promise<InterfaceRow[]> {
  if (machineIds.length === 0) return [];
  return await db.select().from(interfaces).where(inArray(interfaces.machineId, [...machineIds]))
    .orderBy(asc(interfaces.machineId), asc(interfaces.id));
}

/** The MACs of these machines by machine, each machine's in the order they became known. */
export async function listMacs(
  db: Db,
  machineIds: readonly number[],
): Promise<Map<number, string[]>> {
  if (machineIds.length === 0) return new Map();
  // A list of a thousand machines is a thousand rows this way, not several thousand.
  const rows = await db.select({
    id: interfaces.machineId,
    macs: sql<string[]>`json_agg(${interfaces.mac} ORDER BY ${interfaces.id})`,
  }).from(interfaces).where(anyOf(interfaces.machineId, machineIds))
    .groupBy(interfaces.machineId);
  return new Map(rows.map(({ id, macs }) => [id, macs]));
}

/** The interfaces at a site that have one of these MACs. */
export async function listInterfacesByMac(
  db: Db,
  siteId: string,
  macs: readonly string[],
): Promise<InterfaceRow[]> {
  if (macs.length === 0) return [];
  return await db.select().from(interfaces)
    .where(and(eq(interfaces.siteId, siteId), inArray(interfaces.mac, [...macs])))
    .orderBy(asc(interfaces.id));
}

/** Throws a violation of `interfaces_site_mac` when another machine has one of the MACs. */
export async function insertInterfaces(
  db: Db,
  machine: { id: number; siteId: string },
  found: readonly { name: string; mac: string }[],
): Promise<void> {
  if (found.length === 0) return;
  await db.insert(interfaces).values(
    found.map(({ name, mac }) => ({ machineId: machine.id, siteId: machine.siteId, name, mac })),
  );
}

/**
 * Makes a machine's interfaces those that were found: new ones added, names brought up to date,
 * vanished ones removed. A MAC that another machine held moves here: the card was moved.
 */
export async function replaceInterfaces(
  db: Db,
  machine: { id: number; siteId: string },
  found: readonly { name: string; mac: string }[],
): Promise<void> {
  if (found.length > 0) {
    await db.insert(interfaces).values(
      found.map(({ name, mac }) => ({ machineId: machine.id, siteId: machine.siteId, name, mac })),
    ).onConflictDoUpdate({
      target: [interfaces.siteId, interfaces.mac],
      set: { machineId: sql`excluded.machine_id`, name: sql`excluded.name` },
    });
  }
  await db.delete(interfaces).where(and(
    eq(interfaces.machineId, machine.id),
    found.length > 0 ? notInArray(interfaces.mac, found.map(({ mac }) => mac)) : undefined,
  ));
}
