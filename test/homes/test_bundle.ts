import { bundleWorker, type WorkerBundle } from "@/infra/cloudflare/bundle_worker.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where `fetchTestBundle` gets the Worker under test; set by the run's global setup. */
    testBundleUrl: string;
  }
}

/** The vitest parent's end: bundles the Worker under test once a run, when the first test asks. */
export function serveTestBundle(): { readonly url: string; stop(): Promise<void> } {
  let bundling: Promise<WorkerBundle> | undefined;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    try {
      const bundle = await (bundling ??= bundleWorker("test/homes/worker_under_test.ts"));
      const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
      if (name === "") {
        const { script, runtimeImports } = bundle;
        return Response.json({ script, runtimeImports, modules: [...bundle.modules.keys()] });
      }
      return new Response(bundle.modules.get(name) ?? null);
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  });
  return { url: `http://127.0.0.1:${server.addr.port}/`, stop: () => server.shutdown() };
}

/** The bundle, from where `serveTestBundle` has it. */
export async function fetchTestBundle(url: string): Promise<WorkerBundle> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`no bundle: ${await answer.text()}`);
  // Our own server, a few lines away.
  const { modules, ...rest } = await answer.json() as
    & Omit<WorkerBundle, "modules">
    & { modules: string[] };
  const fetched = modules.map(async (name) => {
    const bytes = await (await fetch(url + encodeURIComponent(name))).arrayBuffer();
    return [name, new Uint8Array(bytes)] as const;
  });
  return { ...rest, modules: new Map(await Promise.all(fetched)) };
}
