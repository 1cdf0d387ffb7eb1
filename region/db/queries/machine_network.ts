import { and, asc, eq, inArray, isNotNull, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import {
  type InterfaceLinkRow,
  interfaceLinks,
  interfaceParents,
  type InterfaceRow,
  interfaces,
  type NewInterface,
  type NewInterfaceLink,
} from "../schema/interfaces.ts";
import { ipAddresses } from "../schema/ip_addresses.ts";
import { vlans } from "../schema/networks.ts";
import { subnets } from "../schema/subnets.ts";

/** Everything that interfaces of these machines are made of, in the order of its making. */
export interface NetworkRows {
  readonly interfaces: Awaited<ReturnType<typeof readInterfaces>>;
  readonly parents: { readonly interfaceId: number; readonly parentId: number }[];
  readonly links: Awaited<ReturnType<typeof readLinks>>;
}

/** Three statements, whatever the number of machines. */
export async function readNetworkRows(
  db: Db,
  machineIds: readonly number[],
): Promise<NetworkRows> {
  if (machineIds.length === 0) return { interfaces: [], parents: [], links: [] };
  const ids = [...machineIds];
  return {
    interfaces: await readInterfaces(db, ids),
    parents: await readParents(db, ids),
    links: await readLinks(db, ids),
  };
}

async function readInterfaces(db: Db, machineIds: number[]) {
  const { id, fabricId, vid, mtu, name } = vlans;
  return await db.select({ row: interfaces, vlan: { id, fabricId, vid, mtu, name } })
    .from(interfaces).leftJoin(vlans, eq(vlans.id, interfaces.vlanId))
    .where(inArray(interfaces.machineId, machineIds))
    .orderBy(asc(interfaces.machineId), asc(interfaces.id));
}

async function readParents(db: Db, machineIds: number[]) {
  const { interfaceId, parentId } = interfaceParents;
  return await db.select({ interfaceId, parentId }).from(interfaceParents)
    .innerJoin(interfaces, eq(interfaces.id, interfaceId))
    .where(inArray(interfaces.machineId, machineIds)).orderBy(asc(interfaceId), asc(parentId));
}

async function readLinks(db: Db, machineIds: number[]) {
  const { id, vlanId, cidr, gateway, dnsServers, classlessRoutes } = subnets;
  return await db
    .select({
      row: interfaceLinks,
      ip: ipAddresses.ip,
      subnet: { id, vlanId, cidr, gateway, dnsServers, classlessRoutes },
    })
    .from(interfaceLinks)
    .innerJoin(interfaces, eq(interfaces.id, interfaceLinks.interfaceId))
    .leftJoin(subnets, eq(subnets.id, interfaceLinks.subnetId))
    .leftJoin(ipAddresses, eq(ipAddresses.linkId, interfaceLinks.id))
    .where(inArray(interfaces.machineId, machineIds)).orderBy(asc(interfaceLinks.id));
}

/** Throws a violation of `interfaces_site_mac` when another machine has its MAC. */
export async function insertInterface(db: Db, row: NewInterface): Promise<InterfaceRow> {
  const [made] = await db.insert(interfaces).values(row).returning();
  if (!made) throw new Error("an insert returns its row");
  return made;
}

/** Throws like `insertInterface`. The caller holds the lock on the machine. */
export async function updateInterface(
  db: Db,
  id: number,
  change: Partial<Omit<NewInterface, "id" | "machineId" | "siteId" | "version">>,
): Promise<void> {
  await db.update(interfaces).set({ ...change, version: sql`${interfaces.version} + 1` })
    .where(eq(interfaces.id, id));
}

/** Its links, and the addresses that they have, go with it. */
export async function deleteInterfaces(db: Db, ids: readonly number[]): Promise<void> {
  if (ids.length > 0) await db.delete(interfaces).where(inArray(interfaces.id, [...ids]));
}

/** Makes an interface's parents these. */
export async function setParents(
  db: Db,
  interfaceId: number,
  parentIds: readonly number[],
): Promise<void> {
  await db.delete(interfaceParents).where(eq(interfaceParents.interfaceId, interfaceId));
  if (parentIds.length === 0) return;
  await db.insert(interfaceParents).values(
    parentIds.map((parentId) => ({ interfaceId, parentId })),
  );
}

export async function insertLink(db: Db, link: NewInterfaceLink): Promise<InterfaceLinkRow> {
  const [made] = await db.insert(interfaceLinks).values(link).returning();
  if (!made) throw new Error("an insert returns its row");
  return made;
}

export async function updateLink(
  db: Db,
  id: number,
  change: Partial<Pick<InterfaceLinkRow, "mode" | "subnetId" | "isDefaultGateway">>,
): Promise<void> {
  await db.update(interfaceLinks).set(change).where(eq(interfaceLinks.id, id));
}

/** The addresses that they have go with them. */
export async function deleteLinks(db: Db, ids: readonly number[]): Promise<void> {
  if (ids.length > 0) await db.delete(interfaceLinks).where(inArray(interfaceLinks.id, [...ids]));
}

/** Takes the default route from these links. */
export async function clearDefaultGateways(db: Db, linkIds: readonly number[]): Promise<void> {
  if (linkIds.length === 0) return;
  await db.update(interfaceLinks).set({ isDefaultGateway: false })
    .where(inArray(interfaceLinks.id, [...linkIds]));
}

/** Takes back the address that a link has, if it has one. */
export async function deleteLinkAddress(db: Db, linkId: number): Promise<void> {
  await db.delete(ipAddresses).where(eq(ipAddresses.linkId, linkId));
}

/** Takes back the addresses that were given to a machine for the time of a deploy. */
export async function deleteAutoAddresses(db: Db, machineId: number): Promise<void> {
  const links = db.select({ id: interfaceLinks.id }).from(interfaceLinks)
    .innerJoin(interfaces, eq(interfaces.id, interfaceLinks.interfaceId))
    .where(eq(interfaces.machineId, machineId));
  await db.delete(ipAddresses)
    .where(and(sql`${ipAddresses.kind} = 'auto'`, inArray(ipAddresses.linkId, links)));
}

/** Brings the MAC that each link's address is promised to up to date. */
export async function setLinkMacs(
  db: Db,
  macs: readonly { linkId: number; mac: string | null }[],
): Promise<void> {
  const linkIds = sql.param(macs.map(({ linkId }) => linkId));
  const values = sql.param(macs.map(({ mac }) => mac));
  await db.update(ipAddresses)
    .set({ mac: sql`named.mac`, version: sql`${ipAddresses.version} + 1` })
    .from(sql`unnest(${linkIds}::int[], ${values}::text[]) as named (link_id, mac)`)
    .where(and(
      isNotNull(ipAddresses.linkId),
      sql`named.link_id = ${ipAddresses.linkId}`,
      sql`named.mac is distinct from ${ipAddresses.mac}`,
    ));
}

/** How many interfaces are configured on a subnet. */
export async function countLinksOfSubnet(db: Db, subnetId: number): Promise<number> {
  return await db.$count(interfaceLinks, eq(interfaceLinks.subnetId, subnetId));
}
