import { and, asc, eq, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type BootSourceRow, bootSources } from "../schema/boot_sources.ts";

export type { BootSourceRow, SourceSelection } from "../schema/boot_sources.ts";

export type NewBootSource = typeof bootSources.$inferInsert;

/** By name; there are at most as many as the service lets be made. */
export async function listBootSources(db: Db): Promise<BootSourceRow[]> {
  return await db.select().from(bootSources).orderBy(asc(bootSources.name));
}

/** Undefined when there is none. */
export async function findBootSource(db: Db, id: string): Promise<BootSourceRow | undefined> {
  const [row] = await db.select().from(bootSources).where(eq(bootSources.id, id));
  return row;
}

export async function insertBootSource(db: Db, source: NewBootSource): Promise<BootSourceRow> {
  const [row] = await db.insert(bootSources).values(source).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Changes a source if nobody did since `read`; undefined if somebody did. */
export async function updateBootSource(
  db: Db,
  read: BootSourceRow,
  change: Partial<Omit<NewBootSource, "id" | "version" | "createdAt">>,
): Promise<BootSourceRow | undefined> {
  const [row] = await db.update(bootSources)
    .set({ ...change, version: sql`${bootSources.version} + 1` })
    .where(and(eq(bootSources.id, read.id), eq(bootSources.version, read.version))).returning();
  return row;
}

/** False: it was gone, or somebody changed it since `read`. */
export async function deleteBootSource(db: Db, read: BootSourceRow): Promise<boolean> {
  const gone = await db.delete(bootSources)
    .where(and(eq(bootSources.id, read.id), eq(bootSources.version, read.version)))
    .returning({ id: bootSources.id });
  return gone.length > 0;
}
