import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";

/** A connection pool or a transaction: queries take either. */
// deno-lint-ignore no-explicit-any -- the driver's result type differs per home; queries never look at it
export type Db = PgDatabase<PgQueryResultHKT, any, any>;

/** Where a database is: a URL, or a server's socket folder. */
export type DatabaseAddress =
  | { readonly url: string }
  | { readonly socketFolder: string; readonly user: string; readonly database: string };

export interface Connection {
  readonly db: Db;
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 10;
const CONNECT_TIMEOUT_MS = 10_000;

/** Opens a pool; it connects when first used. `onIdleError` hears of idle connections that broke. */
export function connect(
  address: DatabaseAddress,
  onIdleError: (error: Error) => void = () => {},
): Connection {
  const where = "url" in address
    ? { connectionString: address.url }
    : { host: address.socketFolder, user: address.user, database: address.database };
  const pool = new pg.Pool({
    ...where,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // Without a listener, an idle connection that the server closes ends the process.
  pool.on("error", onIdleError);
  return { db: drizzle(pool), close: () => pool.end() };
}
