import { sql } from "drizzle-orm";
import type { Db } from "../client.ts";

/** Rows of a table that a transaction has written, what followed by itself included. */
export interface TableEffect {
  readonly table: string;
  readonly changed: number;
  readonly removed: number;
}

/**
 * What this connection has written since its numbers were last sent to the server's statistics:
 * read it twice in a transaction and take the difference.
 */
export async function readEffects(tx: Db): Promise<TableEffect[]> {
  const { rows } = await tx.execute(sql`SELECT relname AS "table", n_tup_upd::int AS changed,
      n_tup_del::int AS removed
    FROM pg_stat_xact_user_tables WHERE n_tup_upd + n_tup_del > 0`) as unknown as {
    rows: TableEffect[];
  };
  return rows;
}
