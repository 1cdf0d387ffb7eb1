import { parseArgs } from "node:util";
import { buildAgent, hostArch } from "./build_agent.ts";

const USAGE = `deno task build:agent [flags]: the agent as one executable file, in dist/

  --arch x64|arm64                   for which machine (default: this one)
  --form self-extracting|compiled    how (default self-extracting)
  --runtime PATH                     the deno to put in (default: this one, or npm's for
                                     another machine)
  --help                             this text`;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error));
  }
  const { arch, form, runtime, help } = values;
  if (help) {
    console.log(USAGE);
    return 0;
  }
  if (arch !== "x64" && arch !== "arm64") return misused(`--arch is x64 or arm64, not "${arch}"`);
  if (form !== "self-extracting" && form !== "compiled") {
    return misused(`--form is self-extracting or compiled, not "${form}"`);
  }
  const startMs = performance.now();
  const log = (line: string) => console.log(line);
  let path: string;
  try {
    path = await buildAgent({ arch, form, runtime, log });
  } catch (error) {
    console.error(`not built: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  const { size } = await Deno.stat(path);
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  console.log(`${path}: ${(size / 1e6).toFixed(1)} MB, in ${seconds} s`);
  return 0;
}

/** Throws for a flag that is not one. */
function parse(args: string[]) {
  return parseArgs({
    args,
    options: {
      arch: { type: "string", default: hostArch() },
      form: { type: "string", default: "self-extracting" },
      runtime: { type: "string" },
      help: { type: "boolean" },
    },
  }).values;
}

function misused(why: string): number {
  console.error(`${why}\n\n${USAGE}`);
  return 2;
}
