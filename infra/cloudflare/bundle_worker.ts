import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { readMigrations } from "@/region/db/migration_files.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A Worker's files: one script, and the machine code that it imports. */
export interface WorkerBundle {
  readonly script: string;
  /** By the name that the script imports them by, such as `./simd.wasm`. */
  readonly modules: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** What the script imports of the runtime, such as `node:crypto`. */
  readonly runtimeImports: readonly string[];
}

export const WASM_FILES = ["simd.wasm", "no-simd.wasm"] as const;

/** Bundles a Worker's entry point, named by its path in the repository. */
export async function bundleWorker(entry = "region/serverless.ts"): Promise<WorkerBundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    keepNames: true, // drizzle and errors go by the names of classes
    format: "esm",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    // Not "import": with it, require() would find modules.
    conditions: ["workerd", "worker", "browser"],
    alias: { "@": ROOT.replace(/\/$/, "") },
    external: ["node:*", ...WASM_FILES.map((name) => `./${name}`)],
    plugins: [machineCode(), await migrationNames()],
    logLevel: "silent",
  });
  const [output] = outputFiles;
  if (!output) throw new Error("esbuild made no file");
  const imports = Object.values(metafile.outputs).flatMap((each) => each.imports);
  const runtimeImports = [...new Set(imports.map(({ path }) => path))]
    .filter((path) => path.startsWith("node:") || path.startsWith("cloudflare:")).sort();
  return { script: output.text, modules: await readModules(), runtimeImports };
}

async function readModules(): Promise<WorkerBundle["modules"]> {
  const folder = `${ROOT}node_modules/argon2id/dist/`;
  const read = WASM_FILES.map(async (name) =>
    [`./${name}`, await Deno.readFile(`${folder}${name}`)] as const
  );
  return new Map(await Promise.all(read));
}

/** A Worker may not compile machine code; what it imports is compiled when it is uploaded. */
function machineCode(): Plugin {
  const contents = `
    import simd from "./simd.wasm";
    import noSimd from "./no-simd.wasm";
    const MODULES = { "simd.wasm": simd, "no-simd.wasm": noSimd };
    export async function instantiateArgon2id(file, imports) {
      const module = MODULES[file];
      return { module, instance: await WebAssembly.instantiate(module, imports) };
    }`;
  return replaced("machine code", /\/identity\/argon2id_wasm\.ts$/, contents);
}

async function migrationNames(): Promise<Plugin> {
  const names = (await readMigrations()).map(({ name }) => name);
  const contents = `export const MIGRATION_NAMES = ${JSON.stringify(names)};`;
  return replaced("migration names", /\/worker\/migration_names\.ts$/, contents);
}

function replaced(name: string, filter: RegExp, contents: string): Plugin {
  return {
    name,
    setup: (building) => building.onLoad({ filter }, () => ({ contents, loader: "js" })),
  };
}
