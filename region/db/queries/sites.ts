import { and, eq, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import type { ListOrder, Slice } from "./keyset.ts";
import { type NewSite, type SiteRow, sites } from "../schema/sites.ts";

export type { SiteRow } from "../schema/sites.ts";

/** Undefined when there is none. */
export async function findSite(db: Db, id: string): Promise<SiteRow | undefined> {
  const [row] = await db.select().from(sites).where(eq(sites.id, id));
  return row;
}

export const SITE_ORDER: ListOrder = {
  columns: { name: sites.name, id: sites.id, createdAt: sites.createdAt },
  unique: ["id"],
  initial: [{ key: "name", isDescending: false }],
};

export async function listSites(db: Db, { where, orderBy, limit }: Slice): Promise<SiteRow[]> {
  return await db.select().from(sites).where(where).orderBy(...orderBy).limit(limit);
}

/** Throws a violation of `sites_name` when the name is taken. */
export async function insertSite(db: Db, site: NewSite): Promise<SiteRow> {
  const [row] = await db.insert(sites).values(site).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Changes a site if nobody wrote it since `read`; undefined if somebody did. */
export async function updateSite(
  db: Db,
  read: Pick<SiteRow, "id" | "version">,
  change: { name?: string; enlist?: boolean; prefetch?: string[] | null },
): Promise<SiteRow | undefined> {
  const [row] = await db.update(sites)
    .set({
      ...change,
      version: sql`${sites.version} + 1`,
      wantedGeneration: sql`${sites.wantedGeneration} + 1`,
    })
    .where(and(eq(sites.id, read.id), eq(sites.version, read.version)))
    .returning();
  return row;
}

/**
 * Marks the site's state document as outdated; returns the generation it must now reach.
 *
 * Belongs into every transaction that changes what the document says. The row lock it takes also
 * puts such transactions of one site in order.
 */
export async function bumpGeneration(db: Db, siteId: string): Promise<number> {
  const [row] = await db.update(sites)
    .set({ wantedGeneration: sql`${sites.wantedGeneration} + 1` })
    .where(eq(sites.id, siteId))
    .returning({ generation: sites.wantedGeneration });
  if (!row) throw new Error(`site ${siteId} does not exist`);
  return row.generation;
}

/** Puts changes of one site in order without changing its document, as `bumpGeneration` does. */
export async function lockSite(db: Db, siteId: string): Promise<void> {
  await db.select({ id: sites.id }).from(sites).where(eq(sites.id, siteId)).for("update");
}
