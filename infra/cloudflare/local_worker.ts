import type { Readable } from "node:stream";
import { Miniflare, type MiniflareOptions } from "miniflare";
import type { WorkerEnv } from "@/region/worker/bindings.ts";
import type { R2Bucket } from "@/region/object_store/r2_bucket.ts";
import type { WorkerBundle } from "./bundle_worker.ts";
import { COMPATIBILITY } from "./compatibility.ts";

/** A Worker in workerd on this host. */
export interface LocalWorker {
  readonly url: string;
  /** The bucket that it is bound to, from outside. */
  bucket(): Promise<R2Bucket>;
  /** What the cron trigger does. */
  scheduled(): Promise<void>;
  stop(): Promise<void>;
}

export interface LocalWorkerOptions {
  readonly bundle: WorkerBundle;
  /** Text bindings. */
  readonly bindings: Omit<WorkerEnv, "OBJECTS" | "ASSETS" | "WAKE_ROOM">;
  /** Static files; absent: none. */
  readonly assetsFolder?: string;
  /** Where the bucket is kept; absent: in memory. */
  readonly objectsFolder?: string;
  readonly listen?: { readonly hostname: string; readonly port: number };
  readonly log?: (line: string) => void;
}

interface Scheduled {
  scheduled(event: Record<never, never>): Promise<{ outcome: string }>;
}

const BUCKET = "OBJECTS";

/** Starts workerd with a Worker in it, its bucket beside it. */
export async function startLocalWorker(options: LocalWorkerOptions): Promise<LocalWorker> {
  const { bundle, bindings, listen, log } = options;
  const miniflare = new Miniflare({
    modules: [
      { type: "ESModule", path: "worker.mjs", contents: bundle.script },
      ...[...bundle.modules].map(([path, contents]) =>
        ({ type: "CompiledWasm", path: path.replace("./", ""), contents }) as const
      ),
    ],
    ...COMPATIBILITY,
    bindings: Object.fromEntries(
      Object.entries(bindings).filter(([, value]) => value !== undefined),
    ),
    durableObjects: { WAKE_ROOM: { className: "WakeRoom", useSQLite: true } },
    r2Buckets: { [BUCKET]: "objects" },
    r2Persist: options.objectsFolder ?? false,
    host: listen?.hostname ?? "127.0.0.1",
    port: listen?.port ?? 0,
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      for (const stream of [stdout, stderr]) {
        stream.setEncoding("utf8");
        stream.on("data", (text: string) => log?.(text));
      }
    },
    ...assetsOf(options.assetsFolder),
  } as MiniflareOptions); // its type is a union over kinds of Workers that no spread can satisfy
  const url = await miniflare.ready;
  return {
    url: url.origin,
    // The proxy has the same methods; its own type wants the whole of Cloudflare's types.
    bucket: async () => await miniflare.getR2Bucket(BUCKET) as unknown as R2Bucket,
    scheduled: async () => {
      // Its type knows `fetch` only.
      const worker = await miniflare.getWorker() as unknown as Scheduled;
      const { outcome } = await worker.scheduled({});
      if (outcome !== "ok") throw new Error(`the scheduled event ended with "${outcome}"`);
    },
    stop: () => miniflare.dispose(),
  };
}

function assetsOf(directory: string | undefined) {
  if (directory === undefined) return {};
  return {
    assets: {
      directory,
      binding: "ASSETS",
      // The Worker asks for files by their very names.
      assetConfig: { html_handling: "none", not_found_handling: "none" },
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
    },
  };
}
