import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleWorker } from "@/infra/cloudflare/bundle_worker.ts";
import { collectAssets } from "@/infra/cloudflare/collect_assets.ts";
import { type LocalWorker, startLocalWorker } from "@/infra/cloudflare/local_worker.ts";
import { CONSOLE_HEADERS } from "@/region/routes/console.ts";
import {
  formatRegionSecrets,
  makeRegionSecrets,
} from "@/region/services/secrets/region_secrets.ts";
import { type RegionProcess, startRegionProcess } from "@/test/bench/region_process.ts";

let folder: string;
let worker: LocalWorker;
let region: RegionProcess;
beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "rackwright-assets-" });
  await collectAssets(folder);
  const secrets = await makeRegionSecrets((length) =>
    crypto.getRandomValues(new Uint8Array(length))
  );
  region = await startRegionProcess();
  worker = await startLocalWorker({
    bundle: await bundleWorker(), // the one that is deployed
    assetsFolder: folder,
    bindings: {
      DATABASE_URL: "postgres://nobody@localhost/none", // static files need none
      RACKWRIGHT_SECRETS: formatRegionSecrets(secrets),
      RACKWRIGHT_PUBLIC_URL: "https://region.example",
    },
  });
});
afterAll(async () => {
  await worker?.stop();
  await region?.stop();
  await Deno.remove(folder, { recursive: true });
});

const HEADERS = ["content-type", "cache-control", ...Object.keys(CONSOLE_HEADERS)];

async function answerOf(url: string) {
  const response = await fetch(url);
  const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
  return {
    status: response.status,
    sha256: new Uint8Array(digest).toHex(),
    headers: HEADERS.map((name) => [name, response.headers.get(name)]),
  };
}

test("every file of the console, and every page, is the same from Deno and from the Worker", async () => {
  const files = await filesBelow(`${folder}/console`);
  expect(files).toContain("/index.html");
  expect(files.length).toBeGreaterThan(10);
  for (const path of ["/", "/machines/m-1/network", "/settings/users", ...files]) {
    const fromWorker = await answerOf(worker.url + path);
    expect([path, fromWorker]).toEqual([path, await answerOf(region.url + path)]);
    expect([path, fromWorker.status]).toEqual([path, 200]);
  }
  expect((await answerOf(`${worker.url}/assets/gone.js`)).status).toBe(404);
});

async function filesBelow(root: string, below = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root + below)) {
    const path = `${below}/${name}`;
    if (isDirectory) paths.push(...await filesBelow(root, path));
    else paths.push(path);
  }
  return paths;
}
