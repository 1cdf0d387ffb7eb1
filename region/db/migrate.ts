import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";

export interface Migration {
  /** The file's name without its ending, such as `0001_initial`; they are applied in this order. */
  readonly name: string;
  readonly sql: string;
}

/** Any constant does, as long as nothing else locks by it. */
const LOCK_KEY = 5240_0001;

/**
 * Applies the migrations that the database does not have yet; returns their names.
 *
 * All of them in one transaction under an advisory lock: regions that start at once wait for each
 * other, and a failure leaves the database as it was.
 */
export async function migrate(db: Db, migrations: readonly Migration[]): Promise<string[]> {
  return await db.transaction(async (tx) => {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(${LOCK_KEY})`);
    await tx.execute(sql`CREATE TABLE IF NOT EXISTS migrations (
      name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`);
    // node-postgres and the Neon driver both answer with `rows`.
    const done = await tx.execute(sql`SELECT name FROM migrations`) as unknown as {
      rows: { name: string }[];
    };
    const applied = new Set(done.rows.map((row) => row.name));
    const pending = migrations
      .filter(({ name }) => !applied.has(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const migration of pending) {
      await tx.execute(sql.raw(migration.sql));
      await tx.execute(sql`INSERT INTO migrations (name) VALUES (${migration.name})`);
    }
    return pending.map(({ name }) => name);
  });
}
