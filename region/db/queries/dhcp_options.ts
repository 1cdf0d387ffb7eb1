import { and, asc, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type DhcpOptionRow, dhcpOptions, type NewDhcpOption } from "../schema/dhcp_options.ts";
import { machines } from "../schema/machines.ts";
import { sites } from "../schema/sites.ts";
import { subnets } from "../schema/subnets.ts";
import type { IdPage } from "./networks.ts";

export type { DhcpOptionRow } from "../schema/dhcp_options.ts";

/** Undefined when there is none. */
export async function findDhcpOption(db: Db, id: number): Promise<DhcpOptionRow | undefined> {
  const [row] = await db.select().from(dhcpOptions).where(eq(dhcpOptions.id, id));
  return row;
}

export interface DhcpOptionFilter {
  readonly siteId?: string;
  readonly subnetId?: number;
  readonly machineId?: number;
}

export async function listDhcpOptions(
  db: Db,
  { siteId, subnetId, machineId }: DhcpOptionFilter,
  { afterId, limit }: IdPage,
): Promise<DhcpOptionRow[]> {
  return await db.select().from(dhcpOptions)
    .where(and(
      siteId === undefined ? undefined : eq(dhcpOptions.siteId, siteId),
      subnetId === undefined ? undefined : eq(dhcpOptions.subnetId, subnetId),
      machineId === undefined ? undefined : eq(dhcpOptions.machineId, machineId),
      afterId === undefined ? undefined : gt(dhcpOptions.id, afterId),
    ))
    .orderBy(asc(dhcpOptions.id)).limit(limit);
}

/** Those that reach a site's machines and are switched on. */
export async function listOptionsOfSite(db: Db, siteId: string): Promise<DhcpOptionRow[]> {
  const rows = await db.select({ row: dhcpOptions }).from(dhcpOptions)
    .leftJoin(subnets, eq(subnets.id, dhcpOptions.subnetId))
    .leftJoin(machines, eq(machines.id, dhcpOptions.machineId))
    .where(and(
      eq(dhcpOptions.isEnabled, true),
      or(
        eq(dhcpOptions.siteId, siteId),
        eq(subnets.siteId, siteId),
        eq(machines.siteId, siteId),
        and(
          isNull(dhcpOptions.siteId),
          isNull(dhcpOptions.subnetId),
          isNull(dhcpOptions.machineId),
        ),
      ),
    ))
    .orderBy(asc(dhcpOptions.id));
  return rows.map(({ row }) => row);
}

/** Throws a violation of `dhcp_options_scope_code` when the place has the option already. */
export async function insertDhcpOption(db: Db, option: NewDhcpOption): Promise<DhcpOptionRow> {
  const [row] = await db.insert(dhcpOptions).values(option).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Changes an option if nobody wrote it since `read`; undefined if somebody did. */
export async function updateDhcpOption(
  db: Db,
  read: Pick<DhcpOptionRow, "id" | "version">,
  change: Partial<Pick<DhcpOptionRow, "value" | "hex" | "description" | "isEnabled">>,
): Promise<DhcpOptionRow | undefined> {
  const [row] = await db.update(dhcpOptions)
    .set({ ...change, version: sql`${dhcpOptions.version} + 1` })
    .where(and(eq(dhcpOptions.id, read.id), eq(dhcpOptions.version, read.version))).returning();
  return row;
}

export async function deleteDhcpOption(db: Db, id: number): Promise<void> {
  await db.delete(dhcpOptions).where(eq(dhcpOptions.id, id));
}

/** Marks the documents of all sites as outdated; the next tick publishes them. */
export async function bumpAllGenerations(db: Db): Promise<void> {
  await db.update(sites).set({ wantedGeneration: sql`${sites.wantedGeneration} + 1` });
}

/** The site of a subnet or machine that an option is for; undefined when it is for everybody. */
export async function siteOfOption(
  db: Db,
  { siteId, subnetId, machineId }: Pick<DhcpOptionRow, "siteId" | "subnetId" | "machineId">,
): Promise<string | undefined> {
  if (siteId !== null) return siteId;
  const [row] = subnetId !== null
    ? await db.select({ siteId: subnets.siteId }).from(subnets).where(eq(subnets.id, subnetId))
    : machineId !== null
    ? await db.select({ siteId: machines.siteId }).from(machines).where(eq(machines.id, machineId))
    : [];
  return row?.siteId;
}
