import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Miniflare } from "miniflare";
import { COMPATIBILITY } from "@/infra/cloudflare/compatibility.ts";
import type { RegionContext } from "@/region/context.ts";
import { connect } from "@/region/db/client.ts";
import { startEmbeddedPostgres } from "@/region/db/embedded_postgres.ts";
import { migrate } from "@/region/db/migrate.ts";
import { readMigrations } from "@/region/db/migration_files.ts";
import { findImageSync } from "@/region/db/queries/image_syncs.ts";
import { createHub } from "@/region/hub.ts";
import { openFolderStore } from "@/region/object_store/folder_store.ts";
import { blobName } from "@/region/object_store/object_names.ts";
import type { ObjectStore } from "@/region/object_store/object_store.ts";
import type { R2Bucket } from "@/region/object_store/r2_bucket.ts";
import { openR2Store } from "@/region/object_store/r2_store.ts";
import { createBootSource } from "@/region/services/images/manage_boot_sources.ts";
import { startSync } from "@/region/services/images/start_sync.ts";
import { makeRegionSecrets } from "@/region/services/secrets/region_secrets.ts";
import { serveStore } from "@/test/homes/remote_store_server.ts";
import { atLeast, atMost, type Bench, type BenchResult, type Row } from "./bench.ts";
import { httpBench } from "./http_bench.ts";
import { type Mirror, startMirror } from "./images/mirror.ts";

const KILLS = 10;
const MACHINES = 500;
const IMAGE_BYTES = 200_000_000;
const MB = 1_000_000;
const SYNC_MS_MAX = 15 * 60_000;
const POLL_MS = 20;
const STORE_TRIES = 3;
const program = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Syncs that are killed, one image for many machines, and the agent's cache beside nginx. */
export const imagesBench: Bench = {
  description: "syncs killed ten times, 500 machines' first fetch, the cache beside nginx",
  async run(log) {
    const parts: BenchResult[] = [];
    for (const store of ["folder", "R2 (miniflare)"] as const) {
      parts.push(await killedSync(store, log));
    }
    parts.push(await manyMachines(log));
    const { rows } = await httpBench.run(log);
    const [one] = rows;
    parts.push({
      rows: [{ what: "agent cache, one reader", "MB/s": Number(one?.["us MB/s"]) }],
      bars: [atLeast("agent cache read rate, to nginx", Number(one?.["us/nginx"]), 0.8)],
    });
    return { rows: parts.flatMap((part) => part.rows), bars: parts.flatMap((part) => part.bars) };
  },
};

interface Place {
  /** What the sync's process is told. */
  readonly argument: string;
  readonly store: ObjectStore;
  stop(): Promise<void>;
}

async function killedSync(
  name: "folder" | "R2 (miniflare)",
  log: (line: string) => void,
): Promise<BenchResult> {
  const folder = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "rackwright-sync-" });
  await Deno.chmod(folder, 0o755); // the database runs under another account
  const mirror = await startMirror(`${folder}/mirror`, 1);
  const place = name === "folder" ? await inFolder(`${folder}/objects`) : await inR2(folder);
  const server = await startEmbeddedPostgres({
    folder: `${folder}/postgres`,
    database: "rackwright",
    isDurable: false,
  });
  const connection = connect(server.address, () => {});
  try {
    await migrate(connection.db, await readMigrations());
    const ctx = await contextOf(connection.db, place.store);
    const syncId = await begin(ctx, mirror);
    const startedMs = performance.now();
    const socketFolder = `${folder}/postgres/run`;
    await runKilled({ ctx, mirror, syncId, args: [socketFolder, place.argument], log });
    const seconds = (performance.now() - startedMs) / 1000;
    const sync = await findImageSync(ctx.db, syncId);
    if (sync?.state !== "done") {
      throw new Error(`the sync is ${sync?.state}: ${sync?.failureMessage}`);
    }
    const identical = await countIdentical(place.store, mirror);
    const again = (mirror.sentBytes() / mirror.bytes - 1) * 100;
    const row: Row = {
      what: `sync, ${name}, killed ${KILLS} times`,
      "MB": Math.round(mirror.bytes / MB),
      "MB/s": Math.round(mirror.bytes / MB / seconds),
      "again %": Math.round(again * 100) / 100,
      identical: `${identical} of ${mirror.hashes.length}`,
    };
    log(JSON.stringify(row));
    return {
      rows: [row],
      bars: [
        atMost(`${name}: fetched again (%)`, again, 5),
        atLeast(`${name}: identical objects`, identical, mirror.hashes.length),
      ],
    };
  } finally {
    await connection.close();
    await server.stop();
    await place.stop();
    await mirror.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

async function inFolder(folder: string): Promise<Place> {
  await Deno.mkdir(folder);
  return { argument: folder, store: await openFolderStore(folder), stop: () => Promise.resolve() };
}

async function inR2(folder: string): Promise<Place> {
  const miniflare = new Miniflare({
    modules: true,
    script: "export default {}",
    ...COMPATIBILITY,
    r2Buckets: ["OBJECTS"],
    r2Persist: `${folder}/r2`,
  });
  await miniflare.ready;
  // The proxy's own type wants the whole of Cloudflare's types.
  const bucket = await miniflare.getR2Bucket("OBJECTS") as unknown as R2Bucket;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) =>
      serveStore(bucket, request).catch((error) => new Response(String(error), { status: 500 })),
  );
  return {
    argument: `http://127.0.0.1:${server.addr.port}`,
    store: openR2Store(bucket),
    stop: async () => {
      await server.shutdown();
      await miniflare.dispose();
    },
  };
}

async function contextOf(
  db: RegionContext["db"],
  objectStore: ObjectStore,
): Promise<RegionContext> {
  const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  return {
    db,
    objectStore,
    now: () => new Date(),
    randomBytes,
    secrets: await makeRegionSecrets(randomBytes),
    hub: createHub(),
    log: () => {},
    publicUrl: "http://127.0.0.1",
  };
}

async function begin(ctx: RegionContext, { url, keyring }: Mirror): Promise<string> {
  const caller = { userId: 1, username: "bench", role: "admin" } as const;
  const source = await createBootSource(ctx, caller, { name: "mirror", url, keyring });
  return (await startSync(ctx, caller, source.id)).id;
}

/** Kills the sync at ten random points of its way, and each time starts it again. */
async function runKilled({ ctx, mirror, syncId, args, log }: {
  ctx: RegionContext;
  mirror: Mirror;
  syncId: string;
  args: string[];
  log: (line: string) => void;
}): Promise<void> {
  const points = Array.from({ length: KILLS }, () => Math.random() * mirror.bytes)
    .sort((a, b) => a - b);
  const endsMs = performance.now() + SYNC_MS_MAX;
  for (const point of [...points, undefined]) {
    const command = ["run", "-A", "--no-check", program("images/sync_program.ts"), ...args];
    const child = new Deno.Command(Deno.execPath(), { args: command, stdout: "null" }).spawn();
    const isReached = async () =>
      point === undefined
        ? (await findImageSync(ctx.db, syncId))?.state !== "running"
        : mirror.sentBytes() >= point;
    while (!await isReached()) {
      if (performance.now() > endsMs) throw new Error("the sync does not end");
      await new Promise((wake) => setTimeout(wake, point === undefined ? 200 : POLL_MS));
    }
    child.kill("SIGKILL");
    await child.status;
    if (point !== undefined) log(`killed at ${Math.round(mirror.sentBytes() / MB)} MB`);
    // Who is killed cannot give back what it had leased; the bench does not wait for the lease to end.
    await endLeases(ctx);
  }
}

async function endLeases(ctx: RegionContext): Promise<void> {
  await ctx.db.execute("UPDATE blob_transfers SET lease_until = now() - interval '1 second'");
}

async function countIdentical(store: ObjectStore, { hashes }: Mirror): Promise<number> {
  let identical = 0;
  for (const sha256 of hashes) {
    if (await hashOf(store, sha256) === sha256) identical++;
  }
  return identical;
}

/** Miniflare's proxy lets go of a connection that was idle: then the store says to try again. */
async function hashOf(store: ObjectStore, sha256: string): Promise<string> {
  for (let tries = 1;; tries++) {
    try {
      const object = await store.get(blobName(sha256));
      const hash = createHash("sha256");
      for await (const chunk of object?.body ?? []) hash.update(chunk);
      return hash.digest("hex");
    } catch (error) {
      if (tries === STORE_TRIES) throw error;
    }
  }
}

/** Through the agent's file server and cache, from an origin that is a folder. */
async function manyMachines(log: (line: string) => void): Promise<BenchResult> {
  const folder = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "rackwright-machines-" });
  for (const part of ["cache", "origin"]) await Deno.mkdir(`${folder}/${part}`);
  const bytes = new Uint8Array(IMAGE_BYTES);
  for (let at = 0; at < bytes.length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, bytes.length)));
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await Deno.writeFile(`${folder}/origin/${sha256}`, bytes);
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const server = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", program("file_server_program.ts")],
      ...[`${folder}/cache`, `${folder}/origin`, String(port)],
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    await lineWith(lines, "ready");
    const startedMs = performance.now();
    const client = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", program("images/many_machines.ts")],
        ...[`http://127.0.0.1:${port}/images/${sha256}`, `${folder}/origin/${sha256}`],
        String(MACHINES),
      ],
    });
    const { right } = JSON.parse(new TextDecoder().decode((await client.output()).stdout));
    const seconds = (performance.now() - startedMs) / 1000;
    await server.stdin.getWriter().write(new TextEncoder().encode("cost\n"));
    const { fetches } = JSON.parse(await lineWith(lines, "cost"));
    const row: Row = {
      what: `${MACHINES} machines' first fetch of ${IMAGE_BYTES / MB} MB`,
      "MB/s": Math.round(MACHINES * IMAGE_BYTES / MB / seconds),
      identical: `${right} of ${MACHINES}`,
      "origin fetches": fetches,
    };
    log(JSON.stringify(row));
    return {
      rows: [row],
      bars: [
        atMost(`fetches from the origin for ${MACHINES} machines`, fetches, 1),
        atLeast("bodies that were right", right, MACHINES),
      ],
    };
  } finally {
    server.kill("SIGKILL");
    await server.status;
    await Deno.remove(folder, { recursive: true });
  }
}

async function lineWith(
  lines: ReadableStreamDefaultReader<string>,
  word: string,
): Promise<string> {
  let text = "";
  for (let read = await lines.read(); !read.done; read = await lines.read()) {
    text += read.value;
    const line = text.split("\n").find((each) => each.includes(`"${word}"`));
    if (line) return line;
  }
  throw new Error(`the file server ended: ${text}`);
}
