import { and, asc, desc, eq, inArray, isNull, lt, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import {
  type IpRangeKind,
  type IpRangeRow,
  ipRanges,
  type LeaseRow,
  leases,
  type NewSubnet,
  type ReservationRow,
  reservations,
  type SubnetRow,
  subnets,
} from "../schema/subnets.ts";

export type {
  IpRangeKind,
  IpRangeRow,
  LeaseRow,
  ReservationRow,
  SubnetRow,
} from "../schema/subnets.ts";

/** Undefined when there is none. */
export async function findSubnet(db: Db, id: number): Promise<SubnetRow | undefined> {
  const [row] = await db.select().from(subnets).where(eq(subnets.id, id));
  return row;
}

export async function listSubnets(
  db: Db,
  filter: { siteId?: string },
  limit: number,
): Promise<SubnetRow[]> {
  return await db.select().from(subnets)
    .where(filter.siteId === undefined ? undefined : eq(subnets.siteId, filter.siteId))
    .orderBy(asc(subnets.id)).limit(limit);
}

/** Throws a violation of `subnets_site_cidr` when the site has it already. */
export async function insertSubnet(db: Db, subnet: NewSubnet): Promise<SubnetRow> {
  const [row] = await db.insert(subnets).values(subnet).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export type SubnetChange = Partial<
  Pick<SubnetRow, "gateway" | "dnsServers" | "domain" | "dhcp" | "leaseSeconds">
>;

/** Undefined when there is none. */
export async function updateSubnet(
  db: Db,
  id: number,
  change: SubnetChange,
): Promise<SubnetRow | undefined> {
  const [row] = await db.update(subnets).set({ ...change, version: sql`${subnets.version} + 1` })
    .where(eq(subnets.id, id)).returning();
  return row;
}

/** Its ranges and reservations go with it. */
export async function deleteSubnet(db: Db, id: number): Promise<void> {
  await db.delete(subnets).where(eq(subnets.id, id));
}

/** Undefined when there is none. */
export async function findRange(db: Db, id: number): Promise<IpRangeRow | undefined> {
  const [row] = await db.select().from(ipRanges).where(eq(ipRanges.id, id));
  return row;
}

export async function listRanges(
  db: Db,
  filter: { subnetIds?: readonly number[] },
  limit: number,
): Promise<IpRangeRow[]> {
  return await db.select().from(ipRanges)
    .where(filter.subnetIds && inArray(ipRanges.subnetId, [...filter.subnetIds]))
    .orderBy(asc(ipRanges.id)).limit(limit);
}

export async function insertRange(
  db: Db,
  range: { subnetId: number; kind: IpRangeKind; first: string; last: string },
): Promise<IpRangeRow> {
  const [row] = await db.insert(ipRanges).values(range).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export async function deleteRange(db: Db, id: number): Promise<void> {
  await db.delete(ipRanges).where(eq(ipRanges.id, id));
}

/** Undefined when there is none. */
export async function findReservation(db: Db, id: number): Promise<ReservationRow | undefined> {
  const [row] = await db.select().from(reservations).where(eq(reservations.id, id));
  return row;
}

export async function listReservations(
  db: Db,
  filter: { subnetIds?: readonly number[] },
  limit: number,
): Promise<ReservationRow[]> {
  return await db.select().from(reservations)
    .where(filter.subnetIds && inArray(reservations.subnetId, [...filter.subnetIds]))
    .orderBy(asc(reservations.id)).limit(limit);
}

/** Throws a violation of `reservations_subnet_mac` or `reservations_subnet_ipv4`. */
export async function insertReservation(
  db: Db,
  reservation: { subnetId: number; mac: string; ipv4: string },
): Promise<ReservationRow> {
  const [row] = await db.insert(reservations).values(reservation).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export async function deleteReservation(db: Db, id: number): Promise<void> {
  await db.delete(reservations).where(eq(reservations.id, id));
}

export interface LeaseFilter {
  readonly siteId?: string;
  /** Only those that have not ended. */
  readonly isOpen?: boolean;
  /** Only those with a smaller number: the last one of the page before. */
  readonly beforeId?: number;
}

/** Newest first. */
export async function listLeases(
  db: Db,
  filter: LeaseFilter,
  limit: number,
): Promise<LeaseRow[]> {
  return await db.select().from(leases)
    .where(and(
      filter.siteId === undefined ? undefined : eq(leases.siteId, filter.siteId),
      filter.isOpen ? isNull(leases.endedAt) : undefined,
      filter.beforeId === undefined ? undefined : lt(leases.id, filter.beforeId),
    ))
    .orderBy(desc(leases.id)).limit(limit);
}
