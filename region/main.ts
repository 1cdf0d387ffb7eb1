import { DomainError } from "@/shared/errors/domain_error.ts";
import { createApp } from "./app.ts";
import { chooseCommand, HELP } from "./commands.ts";
import { ConfigError, readConfig, type RegionConfig } from "./config.ts";
import type { RegionContext, RegionSecrets } from "./context.ts";
import { type DataFolder, openDataFolder, writeSecretFile } from "./data_folder.ts";
import { type ConsoleFiles, readConsoleFiles } from "./console_files.ts";
import { connect, type DatabaseAddress } from "./db/client.ts";
import { startEmbeddedPostgres } from "./db/embedded_postgres.ts";
import { migrate } from "./db/migrate.ts";
import { readMigrations } from "./db/migration_files.ts";
import { createHub } from "./hub.ts";
import { formatLogLine } from "./log.ts";
import { openFolderStore } from "./object_store/folder_store.ts";
import { tick } from "./reconcilers/tick.ts";
import { remoteAddressOf } from "./remote_address.ts";
import { repeat } from "./repeat.ts";
import { type FirstAdmin, makeFirstAdmin } from "./services/identity/make_first_admin.ts";
import { runSyncs } from "./services/images/run_syncs.ts";
import {
  formatRegionSecrets,
  makeRegionSecrets,
  parseRegionSecrets,
} from "./services/secrets/region_secrets.ts";
import { refuseForeignSecrets } from "./services/secrets/rotate_seal_key.ts";
import { readViewerFile } from "./viewer_files.ts";

const TICK_MS = 5000;
/** Between two looks for images to fetch; stopping waits for the slice that is under way. */
const SYNC_PAUSE_MS = 1000;
const SYNC_SLICE_MS = 3000;
/** Requests in hand get this long to end; long polls are woken at once. */
const SHUTDOWN_MS = 5000;

const log: RegionContext["log"] = (event, fields) =>
  console.error(formatLogLine(new Date(), event, fields));
const randomBytes: RegionContext["randomBytes"] = (length) =>
  crypto.getRandomValues(new Uint8Array(length));

/** What has been started, to be stopped in the reverse order. */
type Stops = (() => Promise<void> | void)[];

async function main(): Promise<void> {
  const stops: Stops = [];
  const asked = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => asked.resolve());
  }
  let exitCode = 0;
  const fail = (error: unknown) => {
    exitCode = error instanceof DomainError && error.code === "region.usage" ? 2 : 1;
    console.error(`rackwright region: ${explain(error)}`);
    asked.resolve();
  };
  try {
    const command = chooseCommand(Deno.args);
    if (command === "help") {
      console.log(HELP);
      Deno.exit(0);
    }
    const config = readConfig((name) => Deno.env.get(name), { isRoot: Deno.uid() === 0 });
    if (command === "serve") {
      await serve(config, stops, fail);
      await asked.promise;
    } else {
      const outcome = await command(await open(config, stops, fail));
      console.log(outcome.text);
      exitCode = outcome.exitCode;
    }
  } catch (error) {
    fail(error);
  }
  for (const stop of stops.reverse()) {
    await Promise.resolve(stop()).catch((error) =>
      log("region.stop_failed", { error: `${error}` })
    );
  }
  log("region.stopped", {});
  Deno.exit(exitCode);
}

/** Everything but the serving: the folder, the secrets, the database as it should be. */
async function open(
  config: RegionConfig,
  stops: Stops,
  fail: (error: unknown) => void,
): Promise<{ ctx: RegionContext; folder: DataFolder; hub: ReturnType<typeof createHub> }> {
  const folder = await openDataFolder(config.dataFolder);
  stops.push(() => folder.release());
  const secrets = await readOrMakeSecrets(folder);
  const connection = connect(await openDatabase(config, stops, fail), (error) => {
    log("database.connection_lost", { error: error.message });
  });
  stops.push(() => connection.close());
  const migrations = await readMigrations();
  const migrated = await migrate(connection.db, migrations);
  if (migrated.length > 0) log("database.migrated", { migrations: migrated });
  await refuseForeignSecrets({ db: connection.db, secrets });
  const hub = createHub();
  const consoleFiles: Promise<ConsoleFiles | undefined> = readConsoleFiles(log);
  const ctx: RegionContext = {
    db: connection.db,
    objectStore: await openFolderStore(`${config.dataFolder}/objects`),
    now: () => new Date(),
    randomBytes,
    secrets,
    hub,
    log,
    publicUrl: config.publicUrl,
    webhookHosts: config.webhookHosts,
    oidcHosts: config.oidcHosts,
    resolveHost,
    readViewerFile,
    readConsoleFile: async (path) => (await consoleFiles)?.get(path),
    migrations: migrations.map(({ name }) => name),
  };
  return { ctx, folder, hub };
}

async function serve(
  config: RegionConfig,
  stops: Stops,
  fail: (error: unknown) => void,
): Promise<void> {
  checkPort(config.listen); // before anything slow or lasting happens
  const { ctx, hub } = await open(config, stops, fail);
  const admin = await makeFirstAdmin(ctx);
  if (admin) await showFirstAdmin(admin, config);
  const ticking = repeat(TICK_MS, async () => void await tick(ctx));
  stops.push(() => ticking.stop());
  const syncing = repeat(SYNC_PAUSE_MS, () => syncImages(ctx));
  stops.push(() => syncing.stop());
  const app = createApp(ctx);
  const server = listen(config.listen, (request, peer) => {
    const forwardedFor = request.headers.get("x-forwarded-for");
    const remoteAddress = remoteAddressOf(peer, forwardedFor, config.proxies);
    return app.fetch(request, { remoteAddress });
  });
  stops.push(async () => {
    hub.close();
    await server.stop();
  });
  log("region.listening", { url: config.publicUrl, ...config.listen });
}

/** Apart from the tick, which must not wait for what comes over a slow line. */
async function syncImages(ctx: RegionContext): Promise<void> {
  await runSyncs(ctx, { sliceMs: SYNC_SLICE_MS }).catch((error) =>
    log("image_sync.slice_failed", { error: error instanceof Error ? error.message : `${error}` })
  );
}

/** Both families; a name that only one has is normal. */
async function resolveHost(hostname: string): Promise<string[]> {
  const kinds = ["A", "AAAA"] as const;
  const found = await Promise.all(
    kinds.map((kind) =>
      Deno.resolveDns(hostname, kind, { signal: AbortSignal.timeout(3000) }).catch(() => [])
    ),
  );
  return found.flat();
}

async function openDatabase(
  config: RegionConfig,
  stops: Stops,
  fail: (error: unknown) => void,
): Promise<DatabaseAddress> {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl };
  const server = await startEmbeddedPostgres({
    folder: `${config.dataFolder}/postgres`,
    database: "rackwright",
    isDurable: true,
  });
  let isStopping = false;
  server.ended.then(() => {
    if (!isStopping) fail(serverEnded(server.logFile));
  });
  stops.push(() => {
    isStopping = true;
    return server.stop();
  });
  return server.address;
}

function serverEnded(logFile: string): DomainError {
  return new DomainError({
    kind: "unavailable",
    code: "database.ended",
    message: `the embedded database server ended by itself; ${logFile} says why: ` +
      "read it before the region is started again, which begins it anew",
  });
}

async function readOrMakeSecrets(
  folder: Awaited<ReturnType<typeof openDataFolder>>,
): Promise<RegionSecrets> {
  const text = await folder.read("secrets.json");
  if (text === undefined) {
    const secrets = await makeRegionSecrets(randomBytes);
    await folder.writeSecret("secrets.json", formatRegionSecrets(secrets));
    return secrets;
  }
  const secrets = parseRegionSecrets(text);
  if (secrets) return secrets;
  throw new DomainError({
    kind: "unavailable",
    code: "secrets.unreadable",
    message: `${folder.path}/secrets.json is damaged; restore it from a backup: ` +
      "agents trust its keys, and passwords in the database are sealed with them",
  });
}

/** The only time that anybody sees them; the log, which is kept, must not have them. */
async function showFirstAdmin(admin: FirstAdmin, config: RegionConfig): Promise<void> {
  console.log([
    "",
    "  The first administrator of this region, shown only now:",
    "",
    `    address   ${config.publicUrl}`,
    `    user      ${admin.username}`,
    `    password  ${admin.password}`,
    `    API key   ${admin.apiKey}`,
    "",
  ].join("\n"));
  if (config.bootstrapFile === undefined) return;
  await writeSecretFile(config.bootstrapFile, JSON.stringify(admin) + "\n");
}

function checkPort(address: RegionConfig["listen"]): void {
  try {
    Deno.listen(address).close();
  } catch (error) {
    throw listenFault(address, error);
  }
}

function listen(
  address: RegionConfig["listen"],
  handler: (request: Request, peer: string) => Response | Promise<Response>,
): { stop(): Promise<void> } {
  const abort = new AbortController();
  let server: Deno.HttpServer;
  try {
    server = Deno.serve(
      { ...address, signal: abort.signal, onListen() {} },
      (request, { remoteAddr }) => handler(request, remoteAddr.hostname),
    );
  } catch (error) {
    throw listenFault(address, error);
  }
  return {
    async stop() {
      const timer = setTimeout(() => abort.abort(), SHUTDOWN_MS);
      await server.shutdown();
      clearTimeout(timer);
    },
  };
}

function listenFault({ hostname, port }: RegionConfig["listen"], cause: unknown): unknown {
  const why = cause instanceof Deno.errors.AddrInUse
    ? "another program listens there; stop it, or set RACKWRIGHT_LISTEN to a free port"
    : cause instanceof Deno.errors.AddrNotAvailable
    ? "this host does not have that address; set RACKWRIGHT_LISTEN to one it has"
    : cause instanceof Deno.errors.PermissionDenied
    ? "this account may not use that port; set RACKWRIGHT_LISTEN to one above 1023"
    : undefined;
  if (why === undefined) return cause;
  const message = `cannot listen on ${hostname}:${port}: ${why}`;
  return new DomainError({ kind: "unavailable", code: "region.cannot_listen", message, cause });
}

/** One sentence for what people can mend; the stack for what only we can. */
function explain(error: unknown): string {
  if (error instanceof DomainError || error instanceof ConfigError) return error.message;
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

if (import.meta.main) await main();
