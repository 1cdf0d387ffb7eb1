import { cpus, release, totalmem } from "node:os";
import { agentBench } from "./agent_bench.ts";
import { apiBench } from "./api_bench.ts";
import type { Bench } from "./bench.ts";
import { consoleBench } from "./console_bench.ts";
import { dhcpBench } from "./dhcp/dhcp_bench.ts";
import { fuzzBench } from "./fuzz_bench.ts";
import { httpBench } from "./http_bench.ts";
import { imagesBench } from "./images_bench.ts";
import { labBench } from "./lab_bench.ts";
import { syncBench } from "./sync_bench.ts";
import { formatTable } from "./table.ts";
import { powerBench } from "./power/power_bench.ts";
import { tftpBench } from "./tftp_bench.ts";

const BENCHES: Readonly<Record<string, Bench>> = {
  agent: agentBench,
  api: apiBench,
  console: consoleBench,
  dhcp: dhcpBench,
  fuzz: fuzzBench,
  http: httpBench,
  images: imagesBench,
  lab: labBench,
  power: powerBench,
  sync: syncBench,
  tftp: tftpBench,
};

const USAGE = [
  "deno task bench NAME [--json]: measures this product, and its peers beside it",
  "",
  ...Object.entries(BENCHES).map(([name, { description }]) => `  ${name.padEnd(8)} ${description}`),
  "",
  "It ends with 0 when it ran, whatever the bars say. --json adds one last line for programs.",
].join("\n");

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((arg) => !arg.startsWith("--"));
  const unknown = args.filter((arg) =>
    arg.startsWith("--") && arg !== "--json" && arg !== "--help"
  );
  const [name = ""] = names;
  const bench = BENCHES[name];
  if (args.includes("--help")) {
    console.log(USAGE);
    return 0;
  }
  if (!bench || names.length > 1 || unknown.length > 0) {
    const why = args.length === 0 ? "name a benchmark" : `"${args.join(" ")}" is not a benchmark`;
    console.error(`${why}\n\n${USAGE}`);
    return 2;
  }
  const { rows, bars } = await bench.run((line) => console.error(line));
  console.log(formatTable(rows));
  for (const { name, value, bar, ok } of bars) {
    console.log(`${ok ? "met" : "MISSED"}: ${name}: ${value} (bar ${bar})`);
  }
  if (args.includes("--json")) {
    console.log(JSON.stringify({ bench: name, host: hostOf(), rows, bars }));
  }
  return 0;
}

/** What the figures were measured on. */
function hostOf() {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? "unknown",
    cores: cpus().length,
    memoryMib: Math.round(totalmem() / 2 ** 20),
    kernel: release(),
    deno: Deno.version.deno,
  };
}
