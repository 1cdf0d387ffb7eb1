import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import {
  type FabricRow,
  fabrics,
  type NewFabric,
  type NewVlan,
  type SpaceRow,
  spaces,
  type VlanRow,
  vlans,
} from "../schema/networks.ts";

export type { FabricRow, SpaceRow, VlanRow } from "../schema/networks.ts";

/** A page in the order of the numbers. */
export interface IdPage {
  /** Only rows with a greater number. */
  readonly afterId?: number;
  readonly limit: number;
}

/** Undefined when there is none. */
export async function findFabric(db: Db, id: number): Promise<FabricRow | undefined> {
  const [row] = await db.select().from(fabrics).where(eq(fabrics.id, id));
  return row;
}

export async function listFabrics(
  db: Db,
  filter: { siteId?: string },
  { afterId, limit }: IdPage,
): Promise<FabricRow[]> {
  return await db.select().from(fabrics)
    .where(and(
      filter.siteId === undefined ? undefined : eq(fabrics.siteId, filter.siteId),
      afterId === undefined ? undefined : gt(fabrics.id, afterId),
    ))
    .orderBy(asc(fabrics.id)).limit(limit);
}

/** Throws a violation of `fabrics_site_name` when the site has one of this name. */
export async function insertFabric(db: Db, fabric: NewFabric): Promise<FabricRow> {
  const [row] = await db.insert(fabrics).values(fabric).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Undefined when there is none. The caller holds the lock on the site and has checked the version. */
export async function updateFabric(
  db: Db,
  id: number,
  change: Partial<Pick<FabricRow, "name" | "classType" | "description">>,
): Promise<FabricRow | undefined> {
  const [row] = await db.update(fabrics).set({ ...change, version: sql`${fabrics.version} + 1` })
    .where(eq(fabrics.id, id)).returning();
  return row;
}

/** Its VLANs go with it. Throws a violation of `subnets_vlan` when a subnet is on one of them. */
export async function deleteFabric(db: Db, id: number): Promise<void> {
  await db.delete(fabrics).where(eq(fabrics.id, id));
}

/** Undefined when there is none. */
export async function findVlan(db: Db, id: number): Promise<VlanRow | undefined> {
  const [row] = await db.select().from(vlans).where(eq(vlans.id, id));
  return row;
}

/** The untagged VLAN of the fabric that was made with the site. */
export async function findDefaultVlan(db: Db, siteId: string): Promise<VlanRow | undefined> {
  const [row] = await db.select({ vlan: vlans }).from(vlans)
    .innerJoin(fabrics, eq(fabrics.id, vlans.fabricId))
    .where(and(eq(fabrics.siteId, siteId), eq(fabrics.isDefault, true), eq(vlans.vid, 0)));
  return row?.vlan;
}

export interface VlanFilter {
  readonly siteId?: string;
  readonly fabricId?: number;
  readonly spaceId?: number;
}

export async function listVlans(
  db: Db,
  filter: VlanFilter,
  { afterId, limit }: IdPage,
): Promise<VlanRow[]> {
  return await db.select().from(vlans)
    .where(and(
      filter.siteId === undefined ? undefined : eq(vlans.siteId, filter.siteId),
      filter.fabricId === undefined ? undefined : eq(vlans.fabricId, filter.fabricId),
      filter.spaceId === undefined ? undefined : eq(vlans.spaceId, filter.spaceId),
      afterId === undefined ? undefined : gt(vlans.id, afterId),
    ))
    .orderBy(asc(vlans.id)).limit(limit);
}

/** Throws a violation of `vlans_fabric_vid` when the fabric has one of this number. */
export async function insertVlan(db: Db, vlan: NewVlan): Promise<VlanRow> {
  const [row] = await db.insert(vlans).values(vlan).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export type VlanChange = Partial<
  Pick<VlanRow, "name" | "description" | "vid" | "mtu" | "dhcp" | "relayVlanId" | "spaceId">
>;

/** Undefined when there is none. The caller holds the lock on the site and has checked the version. */
export async function updateVlan(
  db: Db,
  id: number,
  change: VlanChange,
): Promise<VlanRow | undefined> {
  const [row] = await db.update(vlans).set({ ...change, version: sql`${vlans.version} + 1` })
    .where(eq(vlans.id, id)).returning();
  return row;
}

/** Throws a violation of `subnets_vlan` when a subnet is on it. */
export async function deleteVlan(db: Db, id: number): Promise<void> {
  await db.delete(vlans).where(eq(vlans.id, id));
}

/** Undefined when there is none. */
export async function findSpace(db: Db, id: number): Promise<SpaceRow | undefined> {
  const [row] = await db.select().from(spaces).where(eq(spaces.id, id));
  return row;
}

export async function listSpaces(db: Db, { afterId, limit }: IdPage): Promise<SpaceRow[]> {
  return await db.select().from(spaces)
    .where(afterId === undefined ? undefined : gt(spaces.id, afterId))
    .orderBy(asc(spaces.id)).limit(limit);
}

/** Throws a violation of `spaces_name` when the name is taken. */
export async function insertSpace(
  db: Db,
  space: { name: string; description?: string; createdAt: Date },
): Promise<SpaceRow> {
  const [row] = await db.insert(spaces).values(space).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Changes a space if nobody wrote it since `read`; undefined if somebody did. */
export async function updateSpace(
  db: Db,
  read: Pick<SpaceRow, "id" | "version">,
  change: { name?: string; description?: string },
): Promise<SpaceRow | undefined> {
  const [row] = await db.update(spaces).set({ ...change, version: sql`${spaces.version} + 1` })
    .where(and(eq(spaces.id, read.id), eq(spaces.version, read.version))).returning();
  return row;
}

/** Its VLANs are in no space then. */
export async function deleteSpace(db: Db, id: number): Promise<void> {
  await db.delete(spaces).where(eq(spaces.id, id));
}
