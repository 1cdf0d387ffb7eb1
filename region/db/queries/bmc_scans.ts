import { and, asc, desc, eq, inArray, sql } from "drizzle-orm";
import type { FoundBmc } from "@/shared/contract/bmc_scan.ts";
import type { Db } from "../client.ts";
import { type BmcScanRow, bmcScans } from "../schema/bmc_scans.ts";
import { machines } from "../schema/machines.ts";

export type { BmcScanRow };

export async function insertBmcScan(
  tx: Db,
  scan: Pick<BmcScanRow, "id" | "siteId" | "cidr" | "askedAt">,
): Promise<BmcScanRow> {
  const [row] = await tx.insert(bmcScans).values({ ...scan, state: "running" }).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export async function findBmcScan(db: Db, id: string): Promise<BmcScanRow | undefined> {
  const [row] = await db.select().from(bmcScans).where(eq(bmcScans.id, id));
  return row;
}

/** Those under way at a site, the oldest first. */
export async function listRunningBmcScans(
  db: Db,
  siteId: string,
): Promise<Pick<BmcScanRow, "id" | "cidr">[]> {
  return await db.select({ id: bmcScans.id, cidr: bmcScans.cidr }).from(bmcScans)
    .where(and(eq(bmcScans.siteId, siteId), eq(bmcScans.state, "running")))
    .orderBy(asc(bmcScans.askedAt), asc(bmcScans.id));
}

/** The newest of a site first. */
export async function listBmcScans(
  db: Db,
  siteId: string,
  limit: number,
): Promise<BmcScanRow[]> {
  return await db.select().from(bmcScans).where(eq(bmcScans.siteId, siteId))
    .orderBy(desc(bmcScans.askedAt), desc(bmcScans.id)).limit(limit);
}

/** Ends one that is under way; false: there is none, or it has ended before. */
export async function endBmcScan(
  tx: Db,
  which: { id: string; siteId: string },
  end: { at: Date; message: string | null; found: FoundBmc[] },
): Promise<boolean> {
  const rows = await tx.update(bmcScans).set({
    state: end.message === null ? "done" : "failed",
    endedAt: end.at,
    message: end.message,
    found: end.found,
  }).where(and(
    eq(bmcScans.id, which.id),
    eq(bmcScans.siteId, which.siteId),
    eq(bmcScans.state, "running"),
  )).returning({ id: bmcScans.id });
  return rows.length > 0;
}

/** Who of a site's machines has a BMC at one of these addresses: address to system id. */
export async function listBmcHolders(
  db: Db,
  siteId: string,
  addresses: readonly string[],
): Promise<Map<string, string>> {
  if (addresses.length === 0) return new Map();
  const address = sql<string>`${machines.bmc}->>'address'`;
  const rows = await db.select({ address, systemId: machines.systemId }).from(machines)
    .where(and(eq(machines.siteId, siteId), inArray(address, [...addresses])));
  return new Map(rows.map((row) => [row.address, row.systemId]));
}
