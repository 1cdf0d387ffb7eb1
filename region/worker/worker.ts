import { createApp } from "@/region/app.ts";
import type { RegionContext } from "@/region/context.ts";
import { connectNeon, type NeonConnection } from "@/region/db/neon_client.ts";
import { openR2Store } from "@/region/object_store/r2_store.ts";
import { openS3Store } from "@/region/object_store/s3_store.ts";
import { problemResponse } from "@/region/routes/problem.ts";
import { tickWhenDue } from "@/region/reconcilers/tick_when_due.ts";
import { noteWork } from "@/region/services/due_work/note_work.ts";
import { BindingError, readBindings, type WorkerConfig, type WorkerEnv } from "./bindings.ts";
import { requestScope, withScope } from "./request_scope.ts";
import { createRoomHub } from "./room_hub.ts";
import { createSleepingHub } from "./sleeping_hub.ts";

/** What a Worker's entry point takes from the world besides its bindings. */
export interface WorkerWorld {
  readonly now: () => Date;
  readonly randomBytes: RegionContext["randomBytes"];
  readonly log: RegionContext["log"];
  readonly migrations: readonly string[];
}

/** Cloudflare's context of one event. */
export interface Execution {
  waitUntil(work: Promise<unknown>): void;
}

interface Home {
  readonly config: WorkerConfig;
  readonly ctx: RegionContext;
  readonly app: ReturnType<typeof createApp>;
}

const MISCONFIGURED_RETRY_SECONDS = 60;

/** The region as a Worker: the same app, with a connection of its own for each request. */
export function createWorker(world: WorkerWorld) {
  let home: Home | undefined;
  const homeOf = (env: WorkerEnv) => home ??= openHome(world, readBindings(env));
  return {
    async fetch(request: Request, env: WorkerEnv, execution: Execution): Promise<Response> {
      let opened: Home;
      try {
        opened = homeOf(env);
      } catch (error) {
        return misconfigured(world, error);
      }
      const connection = connectFor(world, opened, isWrite(request));
      const remoteAddress = request.headers.get("cf-connecting-ip") ?? undefined;
      const scope = scopeOf(connection, execution);
      return await withScope(scope, async () => {
        const response = await opened.app.fetch(request, { remoteAddress });
        return closeBehind(response, connection, execution);
      });
    },

    /** The cron trigger, every minute. */
    async scheduled(_event: unknown, env: WorkerEnv, execution: Execution): Promise<void> {
      const opened = homeOf(env);
      const connection = connectFor(world, opened, false);
      try {
        await withScope(scopeOf(connection, execution), () => tickWhenDue(opened.ctx));
      } finally {
        await connection.close();
      }
    },
  };
}

function openHome(world: WorkerWorld, config: WorkerConfig): Home {
  const ctx: RegionContext = {
    get db() {
      return requestScope().db;
    },
    ...world,
    objectStore: "r2" in config.store ? openR2Store(config.store.r2) : openS3Store(config.store.s3),
    secrets: config.secrets,
    hub: config.room
      ? createRoomHub(config.room, (work) => requestScope().waitUntil(work))
      : createSleepingHub(),
    publicUrl: config.publicUrl,
    webhookHosts: config.webhookHosts,
    oidcHosts: config.oidcHosts,
    later: (work) => requestScope().waitUntil(work),
    ...filesOf(config.assets),
  };
  return { config, ctx, app: createApp(ctx) };
}

function scopeOf({ db }: NeonConnection, execution: Execution) {
  return { db, waitUntil: (work: Promise<unknown>) => execution.waitUntil(work) };
}

function connectFor(
  world: WorkerWorld,
  { config, ctx }: Home,
  isWriting: boolean,
): NeonConnection {
  return connectNeon(config.database, {
    onIdleError: (error) => world.log("database.connection_lost", { error: error.message }),
    // Whoever changes something says so first: or nobody would look, should it end in the middle.
    beforeUse: isWriting ? () => noteWork(ctx) : undefined,
  });
}

/** A renewed credential leaves nothing to be done by a tick, and there is one for each agent a day. */
function isWrite({ method, url }: Request): boolean {
  if (method === "GET" || method === "HEAD") return false;
  return new URL(url).pathname !== "/agent/v1/credential";
}

/** The connection ends with the answer; one whose body is still being made reads on. */
function closeBehind(
  response: Response,
  connection: NeonConnection,
  execution: Execution,
): Response {
  if (!response.body || !connection.isOpen()) {
    if (connection.isOpen()) execution.waitUntil(connection.close());
    return response;
  }
  const { readable, writable } = new TransformStream();
  execution.waitUntil(pump(response.body, writable).then(() => connection.close()));
  return new Response(readable, response);
}

/** As `pipeTo`, which would read outside of the request's scope. Never throws. */
async function pump(from: ReadableStream, to: WritableStream): Promise<void> {
  const [reader, writer] = [from.getReader(), to.getWriter()];
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      await writer.write(read.value);
    }
    await writer.close();
  } catch (error) {
    // Whichever end it was: the other one has ended already, or shall.
    await Promise.allSettled([reader.cancel(error), writer.abort(error)]);
  }
}

/** The static files that were uploaded with the Worker; nothing where there are none. */
function filesOf(
  assets: WorkerConfig["assets"],
): Pick<RegionContext, "readViewerFile" | "readConsoleFile"> {
  if (!assets) return {};
  const read = async (path: string) => {
    const response = await assets.fetch(`https://assets.invalid${path}`);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    await response.body?.cancel();
    return undefined;
  };
  return {
    readViewerFile: (name) => read(`/api-viewer/${name}`),
    readConsoleFile: (path) => read(`/console/${path}`),
  };
}

function misconfigured({ log, now }: WorkerWorld, error: unknown): Response {
  if (!(error instanceof BindingError)) throw error;
  log("region.misconfigured", { problems: error.message });
  return problemResponse({
    status: 503,
    code: "region.misconfigured",
    detail: `the region is not set up: ${error.message}`,
    now: now().toISOString(),
  }, { "retry-after": String(MISCONFIGURED_RETRY_SECONDS) });
}
