import { fileURLToPath } from "node:url";
import { build, type Rolldown } from "vite";
import { CONSOLE_FOLDER, consoleStamp, isConsoleFresh } from "@/region/console_files.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = `${ROOT}${CONSOLE_FOLDER}`;

/** Builds the console unless what is there is of the present sources; says in a line what it did. */
export async function buildConsole(): Promise<string> {
  await Deno.mkdir(`${ROOT}dist`, { recursive: true });
  using lock = await Deno.open(`${FOLDER}.lock`, { create: true, write: true });
  await lock.lock(true); // ends with the process, however it ends
  if (await isConsoleFresh()) return `${CONSOLE_FOLDER} is up to date`;
  const startMs = performance.now();
  const stamp = await consoleStamp(); // before: what is changed meanwhile is built the next time
  await bundle(`${FOLDER}.new`);
  await Deno.remove(FOLDER, { recursive: true }).catch(ignoreAbsent);
  await Deno.rename(`${FOLDER}.new`, FOLDER);
  await Deno.writeTextFile(`${FOLDER}.stamp`, stamp);
  return `${CONSOLE_FOLDER}, in ${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}

async function bundle(outDir: string): Promise<void> {
  await build({
    root: `${ROOT}region/console`,
    configFile: false,
    logLevel: "warn",
    // As the import map of deno.json has it, which Vite does not read.
    resolve: {
      alias: [
        { find: /^@\//, replacement: ROOT },
        { find: /^react$/, replacement: "preact/compat" },
      ],
    },
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2023",
      sourcemap: false,
      reportCompressedSize: false,
      // Inlined they would be data: addresses, which the page's policy forbids.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { onwarn: failOnWarning },
    },
  });
}

/** What the bundler doubts is a mistake of ours. */
function failOnWarning(warning: Rolldown.RolldownLog): void {
  throw new Error(warning.message);
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
