import { parseArgs } from "node:util";
import { type Arch, buildAgent, hostArch } from "./build_agent.ts";

const USAGE = `deno task build:agent [flags]: the agent as one executable file, in dist/

  --arch x64|arm64                   for which machine (default: this one)
  --form self-extracting|compiled    how (default self-extracting)
  --runtime PATH                     the deno to put in (default: this one)
  --help                             this text`;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      arch: { type: "string", default: hostArch() },
      form: { type: "string", default: "self-extracting" },
      runtime: { type: "string" },
      help: { type: "boolean" },
    },
  });
  const { arch, form, runtime, help } = values;
  const isKnown = (arch === "x64" || arch === "arm64") &&
    (form === "self-extracting" || form === "compiled");
  if (help || !isKnown) {
    console.log(USAGE);
    return help ? 0 : 2;
  }
  const startMs = performance.now();
  const log = (line: string) => console.log(line);
  const path = await buildAgent({ arch: arch as Arch, form, runtime, log });
  const { size } = await Deno.stat(path);
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  console.log(`${path}: ${(size / 1e6).toFixed(1)} MB, in ${seconds} s`);
  return 0;
}
