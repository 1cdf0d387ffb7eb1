import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** From the repository's root. */
export const CONSOLE_FOLDER = "dist/console";
const BUILDER = "infra/console_build/main.ts";
/** What the console is made of. */
const SOURCES = ["region/console", "infra/console_build", "shared", "deno.lock"];

/** The console's files, by their path below its folder. */
export type ConsoleFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

type Log = (event: string, fields?: Record<string, unknown>) => void;

/**
 * Reads the console's files into memory, after building them where a checkout has newer sources.
 *
 * They are read once: a build beside a running region changes nothing for those who have its pages
 * open. Undefined when there are none; the log says why.
 */
export async function readConsoleFiles(log: Log): Promise<ConsoleFiles | undefined> {
  try {
    if (!await isConsoleFresh()) await build(log);
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    await readInto(files, `${ROOT}${CONSOLE_FOLDER}`, "");
    return files;
  } catch (error) {
    log("console.absent", { error: String(error), hint: "run: deno task build:console" });
    return undefined;
  }
}

/** Whether what is built is of the present sources; where there are none, it is what was delivered. */
export async function isConsoleFresh(): Promise<boolean> {
  const stamp = await Deno.readTextFile(`${ROOT}${CONSOLE_FOLDER}.stamp`).catch(whenAbsent);
  const hasSources = await Deno.stat(`${ROOT}region/console/main.ts`).catch(whenAbsent);
  if (!hasSources) return true;
  return stamp !== undefined && stamp === await consoleStamp();
}

/** A digest of everything that the console is made of. */
export async function consoleStamp(): Promise<string> {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for (const path of (await pathsBelow(`${ROOT}${source}`)).sort()) {
      if (/\.test\.tsx?$|\.md$/.test(path)) continue;
      hash.update(`${path.slice(ROOT.length)}\0`).update(await Deno.readFile(path));
    }
  }
  return hash.digest("hex");
}

/** In a process of its own: the builder is not part of the region. */
async function build(log: Log): Promise<void> {
  log("console.building", {});
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `${ROOT}${BUILDER}`],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim().slice(-2000));
  log("console.built", {});
}

async function readInto(
  files: Map<string, Uint8Array<ArrayBuffer>>,
  folder: string,
  below: string,
): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await readInto(files, path, `${below}${name}/`);
    else files.set(`${below}${name}`, await Deno.readFile(path));
  }
}

async function pathsBelow(path: string): Promise<string[]> {
  if ((await Deno.stat(path)).isFile) return [path];
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory) paths.push(...await pathsBelow(`${path}/${name}`));
    else paths.push(`${path}/${name}`);
  }
  return paths;
}

function whenAbsent(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
