import { bundleWorker } from "../bundle_worker.ts";
import { collectAssets } from "../collect_assets.ts";
import { serveDatabaseBridge } from "../database_bridge.ts";
import { prepareDatabase } from "../prepare_database.ts";
import { startLocalWorker } from "../local_worker.ts";
import { readConfig } from "@/region/config.ts";
import { openDataFolder, writeSecretFile } from "@/region/data_folder.ts";
import { connect } from "@/region/db/client.ts";
import { startEmbeddedPostgres } from "@/region/db/embedded_postgres.ts";
import { repeat } from "@/region/repeat.ts";
import {
  formatRegionSecrets,
  makeRegionSecrets,
} from "@/region/services/secrets/region_secrets.ts";

/** As the cron trigger of `wrangler.jsonc`. */
const TICK_MS = 60_000;
const DATABASE = "rackwright";

type Stops = (() => Promise<unknown> | void)[];

async function main(): Promise<void> {
  const asked = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => asked.resolve());
  }
  const stops: Stops = [];
  let exitCode = 0;
  try {
    await serve(stops);
    await asked.promise;
  } catch (error) {
    console.error(error instanceof Error ? error.stack : String(error));
    exitCode = 1;
  }
  for (const stop of stops.reverse()) await stop();
  Deno.exit(exitCode);
}

async function serve(stops: Stops): Promise<void> {
  const config = readConfig((name) => Deno.env.get(name), { isRoot: Deno.uid() === 0 });
  const folder = await openDataFolder(config.dataFolder);
  stops.push(() => folder.release());
  const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const secrets = await folder.read("secrets.json") ??
    formatRegionSecrets(await makeRegionSecrets(randomBytes));
  await folder.writeSecret("secrets.json", secrets);
  const server = await startEmbeddedPostgres({
    folder: `${config.dataFolder}/postgres`,
    database: DATABASE,
    isDurable: true,
  });
  stops.push(() => server.stop());
  if (!("socketFolder" in server.address)) throw new Error("the embedded server has a socket");
  const { socketFolder, user } = server.address;
  const connection = connect(server.address);
  const { admin } = await prepareDatabase(connection.db);
  await connection.close();
  if (admin && config.bootstrapFile !== undefined) {
    await writeSecretFile(config.bootstrapFile, JSON.stringify(admin) + "\n");
  }
  const bridge = serveDatabaseBridge({ socketFolder });
  stops.push(() => bridge.stop());
  const assetsFolder = `${config.dataFolder}/assets`;
  await collectAssets(assetsFolder);
  const worker = await startLocalWorker({
    bundle: await bundleWorker(),
    assetsFolder,
    bindings: {
      DATABASE_URL: `postgres://${user}@localhost/${DATABASE}`,
      DATABASE_PROXY: bridge.address,
      RACKWRIGHT_SECRETS: secrets,
      RACKWRIGHT_PUBLIC_URL: config.publicUrl,
      RACKWRIGHT_WEBHOOK_HOSTS: config.webhookHosts?.join(","),
      RACKWRIGHT_OIDC_HOSTS: config.oidcHosts?.join(","),
    },
    objectsFolder: `${config.dataFolder}/objects`,
    listen: config.listen,
    log: (text) => console.error(text.trimEnd()),
  });
  stops.push(() => worker.stop());
  const ticking = repeat(TICK_MS, () => worker.scheduled());
  stops.push(() => ticking.stop());
  console.error(JSON.stringify({ event: "region.listening", url: config.publicUrl }));
}

if (import.meta.main) await main();
