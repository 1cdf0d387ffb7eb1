import { sql } from "drizzle-orm";
import type { Db } from "../client.ts";

/**
 * When a tick will have something to do although nobody changes anything; undefined: never. At once,
 * where the last one left something, and while something is under way: much of what may happen to
 * that happens by the clock. One statement.
 */
export async function findNextDue(
  db: Db,
  now: Date,
): Promise<Date | undefined> {
  // Both drivers answer with `rows`.
  const { rows } = await db.execute(sql`SELECT
    extract(epoch FROM least(
      (SELECT min(next_attempt_at) FROM webhook_deliveries WHERE state = 'pending'),
      (SELECT min(last_at + make_interval(mins => sync_minutes)) FROM boot_sources
        JOIN (SELECT source_id, max(started_at) AS last_at FROM image_syncs GROUP BY source_id) last
          ON source_id = boot_sources.id
        WHERE sync_minutes IS NOT NULL),
      (SELECT min(expires_at) FROM notifications),
      (SELECT min(last.at + make_interval(mins => b.sync_minutes)) FROM boot_sources b
        JOIN (SELECT source_id, max(started_at) AS at FROM image_syncs GROUP BY source_id) last
          ON last.source_id = b.id WHERE b.sync_minutes IS NOT NULL)
    )) * 1000 AS "dueMs",
    EXISTS (SELECT FROM operations WHERE state = 'running')
      OR EXISTS (SELECT FROM image_syncs WHERE state = 'running')
      OR EXISTS (SELECT FROM sites WHERE published_generation < wanted_generation)
      OR EXISTS (SELECT FROM events WHERE id < 0)
      OR EXISTS (SELECT FROM image_syncs WHERE state = 'running')
      OR EXISTS (SELECT FROM tags WHERE pending_after_id IS NOT NULL) AS "isBehind"
  `) as unknown as { rows: { dueMs: string | null; isBehind: boolean }[] };
  const [row] = rows;
  if (row?.isBehind) return now;
  return row?.dueMs == null ? undefined : new Date(Number(row.dueMs));
}
