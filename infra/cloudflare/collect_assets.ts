import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { buildConsole } from "@/infra/console_build/build_console.ts";
import { CONSOLE_FOLDER } from "@/region/console_files.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const VIEWER_FILES = ["swagger-ui.css", "swagger-ui-bundle.js"];

/** Puts the static files of the Worker into a folder: the console's and the API viewer's. */
export async function collectAssets(folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch(ignoreAbsent);
  await buildConsole();
  await copyFolder(`${ROOT}${CONSOLE_FOLDER}`, `${folder}/console`);
  await Deno.mkdir(`${folder}/api-viewer`, { recursive: true });
  const packages = createRequire(import.meta.url);
  for (const name of VIEWER_FILES) {
    await Deno.copyFile(
      packages.resolve(`swagger-ui-dist/${name}`),
      `${folder}/api-viewer/${name}`,
    );
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
