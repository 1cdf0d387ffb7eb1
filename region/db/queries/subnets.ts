import { and, asc, desc, eq, gt, isNull, lt, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import {
  type IpRangeRow,
  ipRanges,
  type LeaseRow,
  leases,
  type NewIpRange,
  type NewSubnet,
  type SubnetRow,
  subnets,
} from "../schema/subnets.ts";
import { vlans } from "../schema/networks.ts";
import type { IdPage } from "./networks.ts";

export type {
  ClasslessRoute,
  DhcpMode,
  IpRangeKind,
  IpRangeRow,
  LeaseRow,
  SubnetRow,
} from "../schema/subnets.ts";

/** Undefined when there is none. */
export async function findSubnet(db: Db, id: number): Promise<SubnetRow | undefined> {
  const [row] = await db.select().from(subnets).where(eq(subnets.id, id));
  return row;
}

export interface SubnetFilter {
  readonly siteId?: string;
  readonly vlanId?: number;
  readonly fabricId?: number;
  readonly spaceId?: number;
}

export async function listSubnets(
  db: Db,
  filter: SubnetFilter,
  { afterId, limit }: IdPage,
): Promise<SubnetRow[]> {
  const rows = await db.select({ subnet: subnets }).from(subnets)
    .innerJoin(vlans, eq(vlans.id, subnets.vlanId))
    .where(and(
      filter.siteId === undefined ? undefined : eq(subnets.siteId, filter.siteId),
      filter.vlanId === undefined ? undefined : eq(subnets.vlanId, filter.vlanId),
      filter.fabricId === undefined ? undefined : eq(vlans.fabricId, filter.fabricId),
      filter.spaceId === undefined ? undefined : eq(vlans.spaceId, filter.spaceId),
      afterId === undefined ? undefined : gt(subnets.id, afterId),
    ))
    .orderBy(asc(subnets.id)).limit(limit);
  return rows.map(({ subnet }) => subnet);
}

/** The networks of a site, for the rule that they share no address. */
export async function listCidrs(db: Db, siteId: string): Promise<string[]> {
  const rows = await db.select({ cidr: subnets.cidr }).from(subnets)
    .where(eq(subnets.siteId, siteId));
  return rows.map(({ cidr }) => cidr);
}

/** Throws a violation of `subnets_site_cidr` when the site has it already. */
export async function insertSubnet(db: Db, subnet: NewSubnet): Promise<SubnetRow> {
  const [row] = await db.insert(subnets).values(subnet).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export type SubnetChange = Partial<Omit<SubnetRow, "id" | "siteId" | "cidr" | "version">>;

/** Undefined when there is none. The caller holds the lock on the site and has checked the version. */
export async function updateSubnet(
  db: Db,
  id: number,
  change: SubnetChange,
): Promise<SubnetRow | undefined> {
  const [row] = await db.update(subnets).set({ ...change, version: sql`${subnets.version} + 1` })
    .where(eq(subnets.id, id)).returning();
  return row;
}

/** Its ranges and the addresses promised in it go with it. */
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
  filter: { subnetId?: number },
  { afterId, limit }: IdPage,
): Promise<IpRangeRow[]> {
  return await db.select().from(ipRanges)
    .where(and(
      filter.subnetId === undefined ? undefined : eq(ipRanges.subnetId, filter.subnetId),
      afterId === undefined ? undefined : gt(ipRanges.id, afterId),
    ))
    .orderBy(asc(ipRanges.id)).limit(limit);
}

export async function insertRange(db: Db, range: NewIpRange): Promise<IpRangeRow> {
  const [row] = await db.insert(ipRanges).values(range).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Undefined when there is none. The caller holds the lock on the site and has checked the version. */
export async function updateRange(
  db: Db,
  id: number,
  change: Partial<Pick<IpRangeRow, "first" | "last" | "comment">>,
): Promise<IpRangeRow | undefined> {
  const [row] = await db.update(ipRanges).set({ ...change, version: sql`${ipRanges.version} + 1` })
    .where(eq(ipRanges.id, id)).returning();
  return row;
}

export async function deleteRange(db: Db, id: number): Promise<void> {
  await db.delete(ipRanges).where(eq(ipRanges.id, id));
}

export interface LeaseFilter {
  readonly siteId?: string;
  readonly subnetId?: number;
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
      filter.subnetId === undefined ? undefined : eq(leases.subnetId, filter.subnetId),
      filter.isOpen ? isNull(leases.endedAt) : undefined,
      filter.beforeId === undefined ? undefined : lt(leases.id, filter.beforeId),
    ))
    .orderBy(desc(leases.id)).limit(limit);
}

/** Who has an address now, as the agents report it; undefined when nobody has. */
export async function findOpenLease(
  db: Db,
  siteId: string,
  ipv4: string,
): Promise<LeaseRow | undefined> {
  const [row] = await db.select().from(leases)
    .where(and(eq(leases.siteId, siteId), eq(leases.ipv4, ipv4), isNull(leases.endedAt)));
  return row;
}
