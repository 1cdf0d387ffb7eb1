import { fileURLToPath } from "node:url";
import { IMAGE_PACKAGES } from "@/infra/images/build_image.ts";
import { ensurePackages, HostError, LAB_PACKAGES } from "@/infra/lab/packages.ts";
import { TEST_PACKAGES } from "./test_packages.ts";
import { type Counts, countsOf, sumOf } from "./vitest_counts.ts";

/**
 * The whole test suite: the gate of `deno task ok`, then integration, then machines that boot.
 *
 * Prints `N passed, N failed, N skipped` as its last line; ends with 1 when anything failed. A check
 * without tests of its own (formatting, lint, types) counts as one.
 */

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Part {
  readonly name: string;
  readonly run: () => Promise<Counts>;
}

/** Machines under software emulation take minutes; whatever takes longer than this hangs. */
const MACHINE_TEST_MS_MAX = 25 * 60_000;

const PARTS: readonly Part[] = [
  { name: "format", run: () => check(["fmt", "--check", "--quiet"]) },
  { name: "lint", run: () => check(["lint", "--quiet"]) },
  { name: "types", run: () => check(["check", "--quiet"]) },
  { name: "tidy", run: () => vitest(["test/tidy"]) },
  {
    name: "unit",
    run: () =>
      vitest([...without("test/tidy"), ...without("test/integration"), ...without("test/e2e")]),
  },
  { name: "packages", run: installPackages },
  { name: "region on Deno", run: () => region("deno") },
  { name: "region in workerd", run: () => region("workerd") },
  {
    name: "integration",
    run: () =>
      vitest(["test/integration", "--test-timeout=60000", ...REGION_SUITES.flatMap(without)]),
  },
  {
    name: "machines",
    run: () =>
      vitest([
        "test/e2e",
        "--no-file-parallelism", // they share two cores, and each times its machines out
        `--test-timeout=${MACHINE_TEST_MS_MAX}`,
        `--hook-timeout=${MACHINE_TEST_MS_MAX}`,
      ]),
  },
];

/** What holds in both of the region's homes; `test/homes/README.md`. */
const REGION_SUITES = ["test/integration/region", "test/integration/sync"];

if (import.meta.main) Deno.exit(await runAll());

async function runAll(): Promise<number> {
  const counts: Counts[] = [];
  for (const part of PARTS) {
    const startMs = performance.now();
    const found = await part.run();
    counts.push(found);
    const seconds = Math.round((performance.now() - startMs) / 1000);
    console.log(`-- ${part.name}: ${wordsOf(found)} (${seconds} s)\n`);
  }
  const total = sumOf(counts);
  console.log(wordsOf(total));
  return total.failed > 0 ? 1 : 0;
}

function wordsOf({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed` + (skipped > 0 ? `, ${skipped} skipped` : "");
}

/** One of Deno's own checks. */
async function check(args: string[]): Promise<Counts> {
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output()
    .then((output) => {
      if (!output.success) {
        Deno.stderr.writeSync(output.stdout);
        Deno.stderr.writeSync(output.stderr);
      }
      return output;
    });
  return { passed: success ? 1 : 0, failed: success ? 0 : 1, skipped: 0 };
}

/** The region's suites in one of its homes. */
async function region(home: "deno" | "workerd"): Promise<Counts> {
  return await vitest([...REGION_SUITES, "--test-timeout=60000"], { RACKWRIGHT_TEST_HOME: home });
}

async function vitest(args: string[], env: Record<string, string> = {}): Promise<Counts> {
  const report = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "node_modules/vitest/vitest.mjs",
        "run",
        "--config",
        "test/vitest.config.ts",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
        ...args,
      ],
      cwd: ROOT,
      env,
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    return countsOf(await Deno.readTextFile(report), success);
  } finally {
    await Deno.remove(report);
  }
}

function without(folder: string): string[] {
  return ["--exclude", `${folder}/**`];
}

/** Peers, machines and their firmware; without them what follows skips, and says so. */
async function installPackages(): Promise<Counts> {
  try {
    const log = (line: string) => console.log(line);
    await ensurePackages([...LAB_PACKAGES, ...IMAGE_PACKAGES, ...TEST_PACKAGES], log);
    return { passed: 1, failed: 0, skipped: 0 };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    console.log(error.message);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
