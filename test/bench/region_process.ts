import { connect, type Connection } from "@/region/db/client.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** A region of its own: the real program on an empty data folder and an embedded database. */
export interface RegionProcess {
  readonly url: string;
  readonly apiKey: string;
  readonly dataFolder: string;
  /** To the same database, past the region. */
  readonly database: Connection;
  readonly databaseLog: string;
  readonly databaseSocketFolder: string;
  /** Resident memory of the region itself, without its database. */
  residentBytes(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts a region on a free port of the loopback; `stop` removes all of it. `publicHost` is how
 * others reach this loopback: a machine of QEMU's user network calls it 10.0.2.2.
 */
export async function startRegionProcess(publicHost = "127.0.0.1"): Promise<RegionProcess> {
  const folder = await Deno.makeTempDir({ prefix: "rackwright-bench-" });
  await Deno.chmod(folder, 0o755); // the database runs under another account
  const port = freePort();
  const listen = `127.0.0.1:${port}`;
  const bootstrapFile = `${folder}/bootstrap.json`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `${ROOT}region/main.ts`],
    cwd: ROOT,
    env: {
      DATABASE_URL: "",
      RACKWRIGHT_LISTEN: listen,
      RACKWRIGHT_PUBLIC_URL: `http://${publicHost}:${port}`,
      RACKWRIGHT_DATA: folder,
      RACKWRIGHT_BOOTSTRAP_FILE: bootstrapFile,
    },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  await listening(child);
  const { apiKey } = JSON.parse(await Deno.readTextFile(bootstrapFile));
  const databaseSocketFolder = `${folder}/postgres/run`;
  const address = {
    socketFolder: databaseSocketFolder,
    user: "rackwright",
    database: "rackwright",
  };
  const database = connect(address);
  return {
    url: `http://${listen}`,
    apiKey,
    dataFolder: folder,
    database,
    databaseLog: `${folder}/postgres/server.log`,
    databaseSocketFolder,
    residentBytes: () => residentBytesOf(child.pid),
    stop: async () => {
      await database.close();
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Resolves when the region says that it listens; keeps its log flowing afterwards. */
async function listening(child: Deno.ChildProcess): Promise<void> {
  const isUp = Promise.withResolvers<void>();
  let log = "";
  (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      log = (log + text).slice(-4000);
      if (log.includes("region.listening")) isUp.resolve();
    }
    isUp.reject(new Error(`the region ended: ${log}`));
  })();
  await isUp.promise;
}

/** proc(5): the second field of statm is resident pages. */
async function residentBytesOf(pid: number): Promise<number> {
  const [, pages = "0"] = (await Deno.readTextFile(`/proc/${pid}/statm`)).split(" ");
  return Number(pages) * 4096;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
