import { sql } from "drizzle-orm";
import type { Db } from "../client.ts";

/** One number of a kind, as it is counted. */
export interface Count {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The names of the migrations that the database has; throws when it does not answer. */
export async function listMigrationsApplied(db: Db): Promise<string[]> {
  return (await rowsOf<{ name: string }>(db, sql`SELECT name FROM migrations`))
    .map(({ name }) => name);
}

/** Connections of this process's pool; undefined where the driver does not tell. */
export function poolCounts(db: Db): Record<"total" | "idle" | "waiting", number> | undefined {
  // Both drivers' pools have these counters; drizzle keeps the pool as `$client`, outside its type.
  const { $client: pool } = db as { $client?: Record<string, unknown> };
  const { totalCount, idleCount, waitingCount } = pool ?? {};
  if (
    typeof totalCount !== "number" || typeof idleCount !== "number" ||
    typeof waitingCount !== "number"
  ) return undefined;
  return { total: totalCount, idle: idleCount, waiting: waitingCount };
}

/** Operations under way, by kind. */
export async function countRunningOperations(db: Db): Promise<Count[]> {
  return await counts(
    db,
    sql`SELECT kind, count(*) AS value FROM operations
    WHERE state = 'running' GROUP BY kind`,
  );
}

/** Operations that ended since `time`, by kind and how. */
export async function countEndedOperations(db: Db, time: Date): Promise<Count[]> {
  return await counts(
    db,
    sql`SELECT kind, state, count(*) AS value FROM operations
    WHERE ended_at >= ${time.toISOString()} GROUP BY kind, state`,
  );
}

/** Machines by status. */
export async function countMachinesByStatus(db: Db): Promise<Count[]> {
  return await counts(db, sql`SELECT status, count(*) AS value FROM machines GROUP BY status`);
}

/** When each agent that may talk to us was last heard, in ms since the epoch; null: never. */
export async function listAgentsHeard(db: Db): Promise<(number | null)[]> {
  const rows = await rowsOf<{ heard: string | null }>(
    db,
    sql`SELECT extract(epoch FROM last_facts_at) * 1000 AS heard FROM agents
      WHERE revoked_at IS NULL`,
  );
  return rows.map(({ heard }) => heard === null ? null : Number(heard));
}

/** What is written down and has not gone out yet. */
export interface Backlog {
  readonly sitesBehind: number;
  readonly eventsUnplaced: number;
  readonly deliveriesPending: number;
  /** Ms since the epoch; undefined: none is due. */
  readonly oldestDueDelivery?: number;
}

export async function readBacklog(db: Db): Promise<Backlog> {
  const [row] = await rowsOf<Record<"sites" | "events" | "deliveries" | "oldest", string | null>>(
    db,
    sql`SELECT
      (SELECT count(*) FROM sites WHERE published_generation < wanted_generation) AS sites,
      (SELECT count(*) FROM events WHERE id < 0) AS events,
      (SELECT count(*) FROM webhook_deliveries WHERE state = 'pending') AS deliveries,
      (SELECT extract(epoch FROM min(next_attempt_at)) * 1000 FROM webhook_deliveries
        WHERE state = 'pending') AS oldest`,
  );
  const oldest = row?.oldest ?? null;
  return {
    sitesBehind: Number(row?.sites ?? 0),
    eventsUnplaced: Number(row?.events ?? 0),
    deliveriesPending: Number(row?.deliveries ?? 0),
    ...(oldest === null ? {} : { oldestDueDelivery: Number(oldest) }),
  };
}

async function counts(db: Db, query: ReturnType<typeof sql>): Promise<Count[]> {
  const rows = await rowsOf<Record<string, string>>(db, query);
  return rows.map(({ value, ...labels }) => ({ labels, value: Number(value) }));
}

async function rowsOf<Row>(db: Db, query: ReturnType<typeof sql>): Promise<Row[]> {
  // node-postgres and the Neon driver both answer with `rows`; the query says what is in them.
  return (await db.execute(query) as unknown as { rows: Row[] }).rows;
}
