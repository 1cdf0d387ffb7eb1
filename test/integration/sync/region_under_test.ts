import { sql } from "drizzle-orm";
import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { createTestDatabase } from "@/region/db/test_database.ts";
import { createHub } from "@/region/hub.ts";
import type { Caller } from "@/region/services/identity/caller.ts";
import { createSite } from "@/region/services/sites/create_site.ts";
import { makeJoinToken } from "@/region/services/sites/make_join_token.ts";
import { makeTestSigningKey } from "@/region/tokens/test_keys.ts";
import { openTestHome } from "@/test/homes/test_home.ts";

export const START = new Date("2026-03-01T12:00:00.000Z");
export const ADMIN: Caller = { userId: 1, username: "admin", role: "admin" };

/** A region as agents see it: real routes, database and store; only the clock is ours. */
export interface RegionUnderTest {
  readonly ctx: RegionContext;
  /** As Hono's, in the home that this run is for. */
  readonly app: { request(url: string, init?: RequestInit): Promise<Response> };
  readonly logged: { event: string; fields?: Record<string, unknown> }[];
  /** Moves the clock. */
  advance(seconds: number): void;
  /** A new site without anything in it. */
  makeSite(name: string): Promise<{ id: string; name: string }>;
  makeToken(siteId: string, expiresInSeconds?: number): Promise<string>;
  /** What every table of interest holds, to compare before and after. */
  dump(): Promise<Record<string, unknown>>;
  dispose(): Promise<void>;
}

export async function startRegion(): Promise<RegionUnderTest> {
  const database = await createTestDatabase();
  let nowMs = START.getTime();
  const logged: RegionUnderTest["logged"] = [];
  const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const parts = {
    secrets: {
      signingKeys: [await makeTestSigningKey("k1")],
      sealKey: { id: "r1", key: randomBytes(32) },
    },
    publicUrl: "https://region.example",
  };
  const home = await openTestHome({ ...parts, address: database.address });
  const ctx: RegionContext = {
    db: database.db,
    objectStore: home.objectStore,
    now: () => new Date(nowMs),
    randomBytes,
    hub: createHub(),
    log: (event, fields) => logged.push({ event, fields }),
    ...parts,
  };
  return {
    ctx,
    logged,
    app: { request: (url, init) => home.request(ctx, url, init) },
    advance: (seconds) => {
      nowMs += seconds * 1000;
      home.clockMoved(ctx);
    },
    makeSite: async (name) => {
      const { id } = await createSite(ctx, ADMIN, { name });
      return { id, name };
    },
    makeToken: async (siteId, expiresInSeconds = 3600) =>
      (await makeJoinToken(ctx, ADMIN, { siteId, expiresInSeconds })).token,
    dump: () => dumpTables(database.db),
    dispose: async () => {
      await home.dispose();
      await database.drop();
    },
  };
}

const TABLES = [
  "sites",
  "agents",
  "join_tokens",
  "machines",
  "interfaces",
  "leases",
  "operations",
  "facts",
  "events",
];

async function dumpTables(db: Db): Promise<Record<string, unknown>> {
  const tables: Record<string, unknown> = {};
  for (const name of TABLES) {
    const table = sql.identifier(name);
    const rows = await db.execute(
      sql`select coalesce(json_agg(t order by t::text), '[]') as rows from ${table} t`,
    );
    // node-postgres gives {rows}; the type of the result differs per driver.
    tables[name] = (rows as unknown as { rows: { rows: unknown }[] }).rows[0]?.rows;
  }
  return tables;
}
