import { inject } from "vitest";
import { formatRegionSecrets } from "@/region/services/secrets/region_secrets.ts";
import { openFolderStore } from "@/region/object_store/folder_store.ts";
import type { RegionContext } from "@/region/context.ts";
import { createApp } from "@/region/app.ts";
import type { DatabaseAddress } from "@/region/db/client.ts";
import type { ObjectStore } from "@/region/object_store/object_store.ts";
import { Seats } from "@/infra/cloudflare/seats.ts";
import { type DatabaseBridge, serveDatabaseBridge } from "@/infra/cloudflare/database_bridge.ts";
import { type LocalWorker, startLocalWorker } from "@/infra/cloudflare/local_worker.ts";
import { HOST_HEADER, LOG_HEADER, NOW_HEADER, URL_HEADER } from "./test_headers.ts";
import { openRemoteStore } from "./remote_store.ts";
import { fetchTestBundle } from "./test_bundle.ts";

/** What a region's home is made of, before there is a region. */
export type HomeParts =
  & Pick<RegionContext, "secrets" | "publicUrl" | "webhookHosts" | "oidcHosts">
  & { readonly address: DatabaseAddress };

/** Where requests of a test are answered. */
export interface TestHome {
  /** The one that the home uses, from the test's process. */
  readonly objectStore: ObjectStore;
  /** As Hono's `app.request`; `from` is where the home says that it came from. */
  request(
    ctx: RegionContext,
    path: string,
    init?: RequestInit,
    from?: string,
  ): Promise<Response>;
  /** The clock was moved: for answers that are still being made. */
  clockMoved(ctx: RegionContext): void;
  dispose(): Promise<void>;
}

export const HOME = Deno.env.get("RACKWRIGHT_TEST_HOME") === "workerd" ? "workerd" : "deno";

/**
 * Requests in workerd's hands at once. Each has a database connection of its own; on one host, more of
 * them than this only wait longer.
 */
const AT_ONCE_MAX = 20;

/** The home that this run is for. */
export async function openTestHome(parts: HomeParts): Promise<TestHome> {
  return HOME === "workerd" ? await openWorkerdHome(parts) : await openDenoHome();
}

async function openDenoHome(): Promise<TestHome> {
  const folder = await Deno.makeTempDir({ prefix: "rackwright-objects-" });
  const apps = new WeakMap<RegionContext, ReturnType<typeof createApp>>();
  return {
    objectStore: await openFolderStore(folder),
    request: async (ctx, path, init, from) => {
      const app = apps.get(ctx) ?? createApp(ctx);
      apps.set(ctx, app);
      return await app.request(path, init, { remoteAddress: from });
    },
    clockMoved: () => {},
    dispose: () => Deno.remove(folder, { recursive: true }),
  };
}

/** The region in workerd, with what tests of that home alone look at. */
export interface WorkerdHome extends TestHome {
  readonly bridge: DatabaseBridge;
  readonly worker: LocalWorker;
  /** The cron trigger, by the test's clock. */
  scheduled(ctx: RegionContext, headers?: Record<string, string>): Promise<void>;
}

export async function openWorkerdHome(
  parts: HomeParts,
  bindings: Record<string, string | undefined> = {},
): Promise<WorkerdHome> {
  if (!("socketFolder" in parts.address)) throw new Error("the test server listens on a socket");
  const { socketFolder, user, database } = parts.address;
  const bridge = serveDatabaseBridge({ socketFolder });
  const worker = await startLocalWorker({
    bundle: await fetchTestBundle(inject("testBundleUrl")),
    bindings: {
      DATABASE_URL: `postgres://${user}@localhost/${database}`,
      DATABASE_PROXY: bridge.address,
      RACKWRIGHT_SECRETS: formatRegionSecrets(parts.secrets),
      RACKWRIGHT_PUBLIC_URL: parts.publicUrl,
      RACKWRIGHT_WEBHOOK_HOSTS: parts.webhookHosts?.join(","),
      RACKWRIGHT_OIDC_HOSTS: parts.oidcHosts?.join(","),
      ...bindings,
    },
    log: (line) => console.error(`workerd: ${line}`),
  });
  const seats = new Seats(AT_ONCE_MAX);
  const moving = new Set<Promise<unknown>>();
  const request: TestHome["request"] = async (ctx, path, init = {}, from) => {
    const headers = new Headers(init.headers);
    headers.set(NOW_HEADER, String(ctx.now().getTime()));
    if (from !== undefined) headers.set("cf-connecting-ip", from);
    headers.set(URL_HEADER, new URL(path, "http://localhost").href);
    const host = headers.get("host");
    if (host !== null) headers.set(HOST_HEADER, host);
    const response = await seats.use(() =>
      fetch(worker.url, { ...init, headers, redirect: "manual" })
    );
    for (const { event, fields } of linesOf(response)) ctx.log(event, fields);
    return response;
  };
  return {
    bridge,
    worker,
    objectStore: openRemoteStore(worker.url),
    request,
    scheduled: async (ctx, headers) => {
      const { status } = await request(ctx, "/test/scheduled", { headers });
      if (status !== 204) throw new Error(`the scheduled event was answered ${status}`);
    },
    clockMoved: (ctx) => {
      const headers = { [NOW_HEADER]: String(ctx.now().getTime()) };
      const moved = fetch(`${worker.url}/test/clock`, { headers }).then(
        ({ body }) => body?.cancel(),
        () => {}, // it has been stopped
      ).finally(() => moving.delete(moved));
      moving.add(moved);
    },
    dispose: async () => {
      await Promise.all(moving);
      await worker.stop();
      await bridge.stop();
    },
  };
}

function linesOf(response: Response): { event: string; fields?: Record<string, unknown> }[] {
  const text = decodeURIComponent(response.headers.get(LOG_HEADER) ?? "[]");
  try {
    return JSON.parse(text);
  } catch {
    return []; // more than a header holds
  }
}
