import { sql } from "drizzle-orm";
import { connect } from "@/region/db/client.ts";
import type { RegionProcess } from "./region_process.ts";

/** The region's own sweeps come between now and then; the least of a few counts has none of them. */
const TRIES = 3;

/**
 * How many SQL statements the region sends for one request, as the database's log has them.
 *
 * Counted at the server, so nothing in the region can be forgotten or counted twice.
 */
export async function countStatements(
  region: RegionProcess,
  request: () => Promise<unknown>,
): Promise<number> {
  const { databaseSocketFolder: socketFolder } = region;
  const admin = connect({ socketFolder, user: "rackwright", database: "postgres" });
  try {
    await setLog(admin.db, "all");
    await request(); // by its end every connection has heard of it
    const counts: number[] = [];
    for (let i = 0; i < TRIES; i++) {
      const before = await logged(region);
      await request();
      counts.push(await logged(region) - before);
    }
    return Math.min(...counts);
  } finally {
    await setLog(admin.db, "none");
    await admin.close();
  }
}

async function setLog(db: ReturnType<typeof connect>["db"], what: "all" | "none") {
  await db.execute(sql.raw(`ALTER SYSTEM SET log_statement = '${what}'`));
  await db.execute(sql`SELECT pg_reload_conf()`);
}

async function logged({ databaseLog }: RegionProcess): Promise<number> {
  const text = await Deno.readTextFile(databaseLog);
  return text.match(/ LOG: {2}(execute|statement)/g)?.length ?? 0;
}
