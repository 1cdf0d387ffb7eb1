import type { RegionContext } from "@/region/context.ts";
import { createTestDatabase } from "@/region/db/test_database.ts";
import { createHub } from "@/region/hub.ts";
import { makeFirstAdmin } from "@/region/services/identity/make_first_admin.ts";
import { makeRegionSecrets } from "@/region/services/secrets/region_secrets.ts";
import { openWorkerdHome, type WorkerdHome } from "@/test/homes/test_home.ts";
import { joinSite, type TestAgent } from "../sync/test_agent.ts";
import { ADMIN, type RegionUnderTest } from "../sync/region_under_test.ts";
import { createSite } from "@/region/services/sites/create_site.ts";
import { makeJoinToken } from "@/region/services/sites/make_join_token.ts";

/** A region in workerd, with the ways into it that tests of this home have. */
export interface RegionInWorkerd extends Pick<RegionUnderTest, "ctx" | "logged" | "app"> {
  readonly home: WorkerdHome;
  advance(seconds: number): void;
  makeSite(name: string): Promise<{ id: string }>;
  join(siteId: string): Promise<TestAgent>;
  /** A request of an admin's. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** The cron trigger. */
  scheduled(headers?: Record<string, string>): Promise<void>;
  /** Connections and statements that `work` caused, as the bridge counts them. */
  counted(work: () => Promise<unknown>): Promise<{ connections: number; statements: number }>;
  dispose(): Promise<void>;
}

const START_MS = Date.parse("2026-03-01T12:00:00.000Z");

/** Bindings replace the home's own; undefined takes one away. */
export async function startRegionInWorkerd(
  bindings: Record<string, string | undefined> = {},
): Promise<RegionInWorkerd> {
  const database = await createTestDatabase();
  const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const parts = {
    secrets: await makeRegionSecrets(randomBytes),
    publicUrl: "https://region.example",
  };
  const home = await openWorkerdHome({ ...parts, address: database.address }, bindings);
  let nowMs = START_MS;
  const logged: RegionInWorkerd["logged"] = [];
  const ctx: RegionContext = {
    ...parts,
    db: database.db,
    objectStore: home.objectStore,
    now: () => new Date(nowMs),
    randomBytes,
    hub: createHub(),
    log: (event, fields) => logged.push({ event, fields }),
  };
  const admin = await makeFirstAdmin(ctx);
  const region: RegionInWorkerd = {
    ctx,
    logged,
    home,
    app: { request: (url, init) => home.request(ctx, url, init) },
    advance: (seconds) => {
      nowMs += seconds * 1000;
    },
    makeSite: async (name) => await createSite(ctx, ADMIN, { name }),
    join: (siteId) => joinSite(asSync(region), siteId),
    call: (method, path, body, headers) =>
      home.request(ctx, path, {
        method,
        headers: {
          authorization: `Bearer ${admin?.apiKey}`,
          "content-type": "application/json",
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
    scheduled: (headers) => home.scheduled(ctx, headers),
    counted: async (work) => {
      const before = { ...home.bridge.counts };
      await work();
      const { connections, statements } = home.bridge.counts;
      return {
        connections: connections - before.connections,
        statements: statements - before.statements,
      };
    },
    dispose: async () => {
      await home.dispose();
      await database.drop();
    },
  };
  return region;
}

/** As the agent of the sync tests wants it. */
function asSync(region: RegionInWorkerd): RegionUnderTest {
  const { ctx, app, logged, advance, dispose } = region;
  return {
    ctx,
    app,
    logged,
    advance,
    dispose,
    makeSite: async (name) => ({ ...await region.makeSite(name), name }),
    makeToken: async (siteId, expiresInSeconds = 3600) =>
      (await makeJoinToken(ctx, ADMIN, { siteId, expiresInSeconds })).token,
    dump: () => Promise.resolve({}),
  };
}
