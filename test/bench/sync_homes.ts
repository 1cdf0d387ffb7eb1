import { bundleWorker } from "@/infra/cloudflare/bundle_worker.ts";
import { serveDatabaseBridge } from "@/infra/cloudflare/database_bridge.ts";
import { startLocalWorker } from "@/infra/cloudflare/local_worker.ts";
import { prepareDatabase } from "@/infra/cloudflare/prepare_database.ts";
import type { RegionSecrets } from "@/region/context.ts";
import { connect } from "@/region/db/client.ts";
import { startEmbeddedPostgres } from "@/region/db/embedded_postgres.ts";
import {
  formatRegionSecrets,
  makeRegionSecrets,
  parseRegionSecrets,
} from "@/region/services/secrets/region_secrets.ts";
import { startRegionProcess } from "./region_process.ts";
import { countStatements } from "./statement_count.ts";

/** A region in one of its homes, for agents to poll. */
export interface SyncHome {
  readonly name: string;
  readonly publicUrl: string;
  readonly apiKey: string;
  readonly secrets: RegionSecrets;
  /** How many statements reached the database because of `work`. */
  countStatements(work: () => Promise<unknown>): Promise<number>;
  stop(): Promise<void>;
}

/** The program that people run on one host. */
export async function startDenoHome(): Promise<SyncHome> {
  const region = await startRegionProcess();
  const secrets = parseRegionSecrets(await Deno.readTextFile(`${region.dataFolder}/secrets.json`));
  if (!secrets) throw new Error("the region has just written its secrets");
  return {
    name: "deno",
    publicUrl: region.url,
    apiKey: region.apiKey,
    secrets,
    countStatements: (work) => countStatements(region, work),
    stop: () => region.stop(),
  };
}

/** What is deployed to Workers, in workerd; statements are counted at the bridge to its database. */
export async function startWorkerdHome(): Promise<SyncHome> {
  const folder = await Deno.makeTempDir({ prefix: "rackwright-bench-" });
  await Deno.chmod(folder, 0o755); // the database runs under another account
  const database = "rackwright";
  const server = await startEmbeddedPostgres({
    folder: `${folder}/postgres`,
    database,
    isDurable: true,
  });
  if (!("socketFolder" in server.address)) throw new Error("the embedded server has a socket");
  const connection = connect(server.address);
  const { admin } = await prepareDatabase(connection.db);
  await connection.close();
  const bridge = serveDatabaseBridge({ socketFolder: server.address.socketFolder });
  const port = freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const secrets = await makeRegionSecrets(randomBytes);
  const worker = await startLocalWorker({
    bundle: await bundleWorker(),
    bindings: {
      DATABASE_URL: `postgres://${server.address.user}@localhost/${database}`,
      DATABASE_PROXY: bridge.address,
      RACKWRIGHT_SECRETS: formatRegionSecrets(secrets),
      RACKWRIGHT_PUBLIC_URL: publicUrl,
    },
    listen: { hostname: "127.0.0.1", port },
  });
  return {
    name: "workerd",
    publicUrl,
    apiKey: admin?.apiKey ?? "",
    secrets,
    countStatements: async (work) => {
      const before = bridge.counts.statements;
      await work();
      return bridge.counts.statements - before;
    },
    stop: async () => {
      await worker.stop();
      await bridge.stop();
      await server.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
