import { and, asc, eq, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type SettingRow, settings } from "../schema/settings.ts";

export type { SettingRow } from "../schema/settings.ts";

/** Everything that was ever set: as many rows as there are settings, at most. */
export async function listSettings(db: Db): Promise<SettingRow[]> {
  return await db.select().from(settings).orderBy(asc(settings.name));
}

/** Undefined when it was never set. */
export async function findSetting(db: Db, name: string): Promise<SettingRow | undefined> {
  const [row] = await db.select().from(settings).where(eq(settings.name, name));
  return row;
}

/**
 * Sets a value if nobody wrote it since it had `version` (0: never set); undefined if somebody did.
 * `value` null: back to the default.
 */
export async function writeSetting(
  db: Db,
  { name, version, value, at }: {
    name: string;
    version: number;
    value: { readonly is: unknown } | null;
    at: Date;
  },
): Promise<SettingRow | undefined> {
  const set = { value, version: version + 1, changedAt: at };
  const [row] = await db.insert(settings).values({ name, ...set })
    .onConflictDoUpdate({
      target: settings.name,
      set: { value: sql`excluded.value`, version: sql`excluded.version`, changedAt: at },
      setWhere: and(eq(settings.name, name), eq(settings.version, version)),
    }).returning();
  return row;
}
