import { createWorker, type Execution } from "@/region/worker/worker.ts";
import { MIGRATION_NAMES } from "@/region/worker/migration_names.ts";
import type { WorkerEnv } from "@/region/worker/bindings.ts";
import { faultyBucket } from "./faulty_bucket.ts";
import { serveStore } from "./remote_store_server.ts";
import {
  HOST_HEADER,
  LOG_HEADER,
  NOW_HEADER,
  STORE_FAULT_HEADER,
  URL_HEADER,
} from "./test_headers.ts";

type Line = { event: string; fields?: Record<string, unknown> };

/** Requests come one at a time to what they set, or agree about it. */
let nowMs = 0;
let lines: Line[] = [];
let storeFault: string | undefined;

const worker = createWorker({
  now: () => new Date(nowMs),
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  log: (event, fields) => {
    lines.push({ event, fields });
  },
  migrations: MIGRATION_NAMES,
});

export { WakeRoom } from "@/region/worker/wake_room.ts";

/** The product's Worker, by the test's clock; its log comes back with each answer. */
export default {
  async fetch(request: Request, env: WorkerEnv, execution: Execution): Promise<Response> {
    nowMs = Number(request.headers.get(NOW_HEADER) ?? nowMs);
    const { pathname } = new URL(request.url);
    if (pathname === "/test/clock") return new Response(null, { status: 204 });
    if (pathname === "/test/store" && env.OBJECTS) return await serveStore(env.OBJECTS, request);
    storeFault = request.headers.get(STORE_FAULT_HEADER) ?? undefined;
    const url = request.headers.get(URL_HEADER) ?? request.url;
    if (new URL(url).pathname === "/test/scheduled") {
      await worker.scheduled({}, faulty(env), execution);
      return withLog(new Response(null, { status: 204 }));
    }
    const asked = new Request(url, request);
    asked.headers.set("host", request.headers.get(HOST_HEADER) ?? new URL(url).host);
    return withLog(await worker.fetch(asked, faulty(env), execution));
  },
};

function faulty(env: WorkerEnv): WorkerEnv {
  return { ...env, OBJECTS: env.OBJECTS && faultyBucket(env.OBJECTS, () => storeFault) };
}

function withLog(response: Response): Response {
  const said = lines;
  lines = [];
  const headers = new Headers(response.headers);
  headers.set(LOG_HEADER, encodeURIComponent(JSON.stringify(said).slice(0, 16_000)));
  return new Response(response.body, { status: response.status, headers });
}
