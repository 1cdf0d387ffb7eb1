import { fileURLToPath } from "node:url";
import { bundleWorker, type WorkerBundle } from "../bundle_worker.ts";
import { collectAssets } from "../collect_assets.ts";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDER = `${ROOT}dist/cloudflare`;

/** Makes everything that is uploaded, in `dist/cloudflare`, as `wrangler.jsonc` names it. */
export async function writeFiles(): Promise<WorkerBundle> {
  await Deno.mkdir(`${FOLDER}/worker`, { recursive: true });
  const bundle = await bundleWorker();
  await Deno.writeTextFile(`${FOLDER}/worker/worker.mjs`, bundle.script);
  for (const [path, bytes] of bundle.modules) {
    await Deno.writeFile(`${FOLDER}/worker/${path}`, bytes);
  }
  await collectAssets(`${FOLDER}/assets`);
  return bundle;
}
