import { sql } from "drizzle-orm";
import { connect, type DatabaseAddress } from "./client.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded_postgres.ts";
import { migrate } from "./migrate.ts";
import { readMigrations } from "./migration_files.ts";
import { findServer } from "./postgres_process.ts";

/** The vitest parent's end: starts one server for the whole run, when the first test asks. */
export interface TestServer {
  /** POST: a fresh database, answered with its address. DELETE with ?name=: drops it. */
  readonly url: string;
  stop(): Promise<void>;
}

const PREFIX = "rackwright-test-";
/** Long enough for another run to get from making its folder to starting its server. */
const ABANDONED_AFTER_MS = 600_000;
const TEMPLATE = "template_region";

/** Costs nothing until a test asks for a database. */
export function serveTestDatabases(): TestServer {
  const lazy = lazyServer();
  let made = 0;
  let queue: Promise<unknown> = Promise.resolve();
  const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    // One after another: a template can be copied only while nobody else does.
    const answer = queue.then(async () => {
      const { admin, folder } = await lazy.get();
      if (request.method === "DELETE") {
        const name = new URL(request.url).searchParams.get("name") ?? "";
        await admin.execute(sql`DROP DATABASE IF EXISTS ${sql.identifier(name)} WITH (FORCE)`);
        return new Response();
      }
      const name = `test_${++made}`;
      await admin.execute(
        sql`CREATE DATABASE ${sql.identifier(name)} TEMPLATE ${sql.identifier(TEMPLATE)}`,
      );
      return Response.json({ ...addressIn(folder), database: name });
    }).catch((error) => new Response(String(error), { status: 500 }));
    queue = answer;
    return answer;
  });
  return {
    url: `http://127.0.0.1:${http.addr.port}/`,
    stop: async () => {
      await http.shutdown();
      await lazy.stop();
    },
  };
}

function lazyServer() {
  let starting: ReturnType<typeof start> | undefined;
  return {
    get: () => starting ??= start(),
    stop: async () => {
      const started = await starting?.catch(() => undefined);
      if (!started) return;
      await started.close();
      await started.server.stop();
      await Deno.remove(started.folder, { recursive: true });
    },
  };
}

async function start() {
  const folder = await Deno.makeTempDir({ prefix: PREFIX });
  await removeAbandoned(folder);
  await Deno.chmod(folder, 0o755);
  const server: EmbeddedPostgres = await startEmbeddedPostgres({
    folder: `${folder}/postgres`,
    database: TEMPLATE,
    isDurable: false,
  });
  const template = connect(server.address);
  await migrate(template.db, await readMigrations());
  await template.close();
  const admin = connect({ ...addressIn(folder), database: "postgres" });
  return { server, folder, admin: admin.db, close: admin.close };
}

/** A run that was killed leaves its folder behind; its server stopped with it. */
async function removeAbandoned(own: string): Promise<void> {
  const temp = own.slice(0, own.lastIndexOf("/"));
  const oldMs = Date.now() - ABANDONED_AFTER_MS;
  for await (const { name } of Deno.readDir(temp)) {
    const folder = `${temp}/${name}`;
    if (!name.startsWith(PREFIX) || folder === own) continue;
    const madeMs = (await Deno.stat(folder).catch(() => undefined))?.mtime?.getTime() ?? oldMs;
    if (madeMs >= oldMs || await findServer(`${folder}/postgres/data`) !== undefined) continue;
    await Deno.remove(folder, { recursive: true }).catch(() => {}); // another run is at it too
  }
}

function addressIn(folder: string): DatabaseAddress & { socketFolder: string } {
  return {
    socketFolder: `${folder}/postgres/run`,
    user: "rackwright",
    database: TEMPLATE,
  };
}
