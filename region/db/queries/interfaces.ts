import { and, asc, eq, inArray, isNull, ne, notInArray, type SQL, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { anyOf } from "./any_of.ts";
import { type InterfaceRow, interfaces } from "../schema/interfaces.ts";

export type { InterfaceRow, NewInterface } from "../schema/interfaces.ts";

/** A port of a machine: what the machine is known by. */
export type PhysicalInterface =
  & Pick<InterfaceRow, "id" | "machineId" | "siteId" | "name">
  & { readonly mac: string };

/** The ports of these machines, each machine's in the order they became known. */
export async function listInterfaces(
  db: Db,
  machineIds: readonly number[],
): Promise<PhysicalInterface[]> {
  if (machineIds.length === 0) return [];
  return await db.select(PHYSICAL).from(interfaces)
    .where(and(isPhysical, inArray(interfaces.machineId, [...machineIds])))
    .orderBy(asc(interfaces.machineId), asc(interfaces.id));
}

/** The MACs of these machines' ports by machine, each machine's in the order they became known. */
export async function listMacs(
  db: Db,
  machineIds: readonly number[],
): Promise<Map<number, string[]>> {
  if (machineIds.length === 0) return new Map();
  // A list of a thousand machines is a thousand rows this way, not several thousand.
  const rows = await db.select({
    id: interfaces.machineId,
    macs: sql<string[]>`json_agg(${interfaces.mac} ORDER BY ${interfaces.id})`,
  }).from(interfaces).where(and(isPhysical, anyOf(interfaces.machineId, machineIds)))
    .groupBy(interfaces.machineId);
  return new Map(rows.map(({ id, macs }) => [id, macs]));
}

/** The ports of all machines of a site. */
export async function listInterfacesOfSite(db: Db, siteId: string): Promise<PhysicalInterface[]> {
  return await db.select(PHYSICAL).from(interfaces)
    .where(and(isPhysical, eq(interfaces.siteId, siteId))).orderBy(asc(interfaces.id));
}

/** The ports at a site that have one of these MACs. */
export async function listInterfacesByMac(
  db: Db,
  siteId: string,
  macs: readonly string[],
): Promise<PhysicalInterface[]> {
  if (macs.length === 0) return [];
  return await db.select(PHYSICAL).from(interfaces)
    .where(and(isPhysical, eq(interfaces.siteId, siteId), inArray(interfaces.mac, [...macs])))
    .orderBy(asc(interfaces.id));
}

const { id, machineId, siteId, name } = interfaces;
/** The database holds that a physical one has a MAC (`interfaces_physical_has_mac`). */
const PHYSICAL = { id, machineId, siteId, name, mac: sql<string>`${interfaces.mac}` };
/** Spelt as in the partial index. */
const isPhysical: SQL = sql`${interfaces.kind} = 'physical'`;

/** Throws a violation of `interfaces_site_mac` when another machine has one of the MACs. */
export async function insertInterfaces(
  db: Db,
  machine: { id: number; siteId: string },
  found: readonly { name: string; mac: string }[],
): Promise<void> {
  if (found.length > 0) await db.insert(interfaces).values(rowsOf(machine, found));
}

/**
 * Makes a machine's ports those that were found: new ones added, names brought up to date unless
 * somebody chose them, vanished ones removed unless somebody configured them.
 *
 * A MAC that another machine held moves here without what was made of it there: the card was moved.
 * Returns the machines that lost one.
 */
export async function replaceInterfaces(
  db: Db,
  machine: { id: number; siteId: string },
  found: readonly { name: string; mac: string }[],
): Promise<number[]> {
  const macs = found.map(({ mac }) => mac);
  const losers = new Set<number>();
  if (found.length > 0) {
    const lost = await db.delete(interfaces).where(and(
      isPhysical,
      eq(interfaces.siteId, machine.siteId),
      ne(interfaces.machineId, machine.id),
      inArray(interfaces.mac, macs),
    )).returning({ machineId: interfaces.machineId });
    for (const { machineId } of lost) losers.add(machineId);
    await db.insert(interfaces).values(rowsOf(machine, found)).onConflictDoUpdate({
      target: [interfaces.siteId, interfaces.mac],
      targetWhere: isPhysical,
      set: {
        name: sql`case when interfaces.is_named then interfaces.name else excluded.name end`,
      },
    });
  }
  await db.delete(interfaces).where(and(
    eq(interfaces.machineId, machine.id),
    isPhysical,
    isBare,
    found.length > 0 ? notInArray(interfaces.mac, macs) : undefined,
  ));
  return [...losers];
}

/** Nobody made anything of it. Plain names: the inner tables' columns are compared with the outer's. */
const isBare = sql`not exists (select 1 from interface_links where interface_id = interfaces.id)
  and not exists (select 1 from interface_parents where parent_id = interfaces.id)`;

/**
 * Notes where a machine's ports are plugged in, of which nobody knows it, by the addresses that they
 * have from DHCP now.
 */
export async function setVlansByLeases(db: Db, ofMachineId: number): Promise<void> {
  await db.update(interfaces).set({
    vlanId: sql`(select subnets.vlan_id from leases join subnets on subnets.id = leases.subnet_id
      where leases.site_id = interfaces.site_id and leases.mac = interfaces.mac
        and leases.ended_at is null order by leases.id desc limit 1)`,
  }).where(and(
    eq(interfaces.machineId, ofMachineId),
    isPhysical,
    isNull(interfaces.vlanId),
    sql`exists (select 1 from leases where leases.site_id = interfaces.site_id
      and leases.mac = interfaces.mac and leases.ended_at is null)`,
  ));
}

function rowsOf(
  machine: { id: number; siteId: string },
  found: readonly { name: string; mac: string }[],
) {
  return found.map(({ name, mac }) => ({
    machineId: machine.id,
    siteId: machine.siteId,
    name,
    mac,
  }));
}
