import { createHash } from "node:crypto";
import { CHECKOUT } from "@/infra/lab/folders.ts";
import { runProgram } from "@/infra/images/run_program.ts";
import { AGENT_VERSION } from "@/rack-agent/version.ts";
import { fetchRuntime } from "./fetch_runtime.ts";
import { withBuiltWorkers, workerFiles } from "./worker_files.ts";

export type Arch = "x64" | "arm64";

export interface BuildOptions {
  readonly arch: Arch;
  readonly form: "self-extracting" | "compiled";
  /** The `deno` that goes into the file; absent: this one, or for another machine npm's. */
  readonly runtime?: string;
  readonly log: (line: string) => void;
}

const DIST = `${CHECKOUT}/dist`;
/** Packed runtimes are kept: packing takes longer than everything else. */
const RUNTIMES = `${CHECKOUT}/.rackwright/agent_runtime`;
const COMPILE_TARGETS: Readonly<Record<Arch, string>> = {
  x64: "x86_64-unknown-linux-gnu",
  arm64: "aarch64-unknown-linux-gnu",
};

/** Where the agent of an architecture is built to. */
export function builtAgent(arch: Arch): string {
  return `${DIST}/rackwright-agent-linux-${arch}`;
}

/** Builds the agent into one file and returns its path. */
export async function buildAgent(options: BuildOptions): Promise<string> {
  const stage = await Deno.makeTempDir({ prefix: "rackwright-build-" });
  try {
    await Deno.mkdir(DIST, { recursive: true });
    const files = await bundle(stage, await commit());
    options.log(`bundled ${files.length} programs`);
    const path = builtAgent(options.arch);
    if (options.form === "compiled") await compile(stage, files, path, options.arch);
    else await pack(stage, files, path, options);
    if (options.arch === hostArch()) await checkItRuns(path, `${stage}/unpacked`);
    return path;
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}

export function hostArch(): Arch {
  return Deno.build.arch === "aarch64" ? "arm64" : "x64";
}

/** `main.js` and a file for every Worker, names relative to `stage`. */
async function bundle(stage: string, commitId: string): Promise<string[]> {
  const workers = await workerFiles(`${CHECKOUT}/rack-agent`);
  const entries = [`${CHECKOUT}/rack-agent/main.ts`, ...workers];
  const names: string[] = [];
  for (const entry of entries) {
    const name = entry.slice(entry.lastIndexOf("/") + 1).replace(/\.ts$/, ".js");
    if (names.includes(name)) throw new Error(`two programs are called ${name}`);
    const path = `${stage}/${name}`;
    // Minified: less to read at each start.
    await runProgram(Deno.execPath(), [
      "bundle",
      "--quiet",
      "--platform=deno",
      `--output=${path}`,
      entry,
    ]);
    const text = await Deno.readTextFile(path);
    const built = withBuiltWorkers(text).replace(
      'AGENT_COMMIT = "none"',
      `AGENT_COMMIT = "${commitId}"`,
    );
    await Deno.writeTextFile(path, built);
    names.push(name);
  }
  return names;
}

/** Of the checkout, marked when it has changes of its own. */
async function commit(): Promise<string> {
  const git = (...args: string[]) => runProgram("git", ["-C", CHECKOUT, ...args]);
  try {
    const id = (await git("rev-parse", "--short=12", "HEAD")).trim();
    const changes = (await git("status", "--porcelain", "rack-agent", "shared")).trim();
    return changes === "" ? id : `${id}+changes`;
  } catch {
    return "unknown"; // an unpacked archive of the sources
  }
}

async function compile(stage: string, files: string[], path: string, arch: Arch): Promise<void> {
  const [main = "", ...workers] = files.map((name) => `${stage}/${name}`);
  await runProgram(Deno.execPath(), [
    "compile",
    "--v8-flags=--max-semi-space-size=1", // as header.sh says
    "--allow-all",
    "--no-check",
    `--target=${COMPILE_TARGETS[arch]}`,
    ...workers.map((worker) => `--include=${worker}`),
    `--output=${path}`,
    main,
  ]);
}

async function pack(
  stage: string,
  files: string[],
  path: string,
  { arch, runtime, log }: BuildOptions,
): Promise<void> {
  const own = arch === hostArch() ? Deno.execPath() : undefined;
  const packedRuntime = await packRuntime(
    runtime ?? own ?? await fetchRuntime(arch, RUNTIMES),
    log,
  );
  const packedAgent = `${stage}/agent.tar.gz`;
  await tar(packedAgent, stage, files);
  const payload = [await Deno.readFile(packedRuntime), await Deno.readFile(packedAgent)];
  const hash = createHash("sha256");
  for (const part of payload) hash.update(part);
  const header = await headerText(hash.digest("hex").slice(0, 32));
  const aside = `${path}.part`;
  await Deno.writeFile(aside, new TextEncoder().encode(header));
  for (const part of payload) await Deno.writeFile(aside, part, { append: true });
  await Deno.chmod(aside, 0o755);
  await Deno.rename(aside, path);
}

async function headerText(hash: string): Promise<string> {
  const template = await Deno.readTextFile(new URL("./header.sh", import.meta.url));
  return template
    .replaceAll("@VERSION@", AGENT_VERSION)
    .replaceAll("@COMMIT@", await commit())
    .replaceAll("@HASH@", hash)
    .replaceAll("@LINES@", String(template.split("\n").length));
}

async function packRuntime(runtime: string, log: (line: string) => void): Promise<string> {
  const real = await Deno.realPath(runtime);
  const { size, mtime } = await Deno.stat(real);
  const packed = `${RUNTIMES}/deno-${size}-${mtime?.getTime() ?? 0}.tar.gz`;
  if (await Deno.stat(packed).then(() => true, () => false)) return packed;
  log("packing the runtime; the next build takes it from the cache");
  await Deno.mkdir(RUNTIMES, { recursive: true });
  const folder = real.slice(0, real.lastIndexOf("/"));
  await tar(`${packed}.part`, folder, [real.slice(folder.length + 1)], "s,.*,deno,");
  await Deno.rename(`${packed}.part`, packed);
  return packed;
}

/** The same bytes for the same files: no owner, no time. */
async function tar(to: string, folder: string, names: string[], rename = "s,^,,"): Promise<void> {
  await runProgram("tar", [
    "--create",
    "--sort=name",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "--mtime=@0",
    "--use-compress-program=gzip -n -9",
    `--transform=${rename}`,
    `--file=${to}`,
    `--directory=${folder}`,
    ...names,
  ]);
}

/** `deno compile` with a wrong runtime makes a file that runs and is not the agent. */
async function checkItRuns(path: string, unpacked: string): Promise<void> {
  const env = { PATH: "/usr/bin:/bin", RACKWRIGHT_AGENT_UNPACKED: unpacked };
  const said = (await runProgram(path, ["--version"], env)).trim();
  if (!said.startsWith(`rackwright-agent ${AGENT_VERSION}`)) {
    throw new Error(`${path} does not run: it says "${said.slice(0, 200)}"`);
  }
}
