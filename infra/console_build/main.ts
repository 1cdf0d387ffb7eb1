import { buildConsole } from "./build_console.ts";

const USAGE = `deno task build:console: the web console as static files, in dist/console/

It does nothing when they are of the present sources already.`;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(USAGE);
    return 0;
  }
  if (args.length > 0) {
    console.error(`there is no ${args[0]}\n\n${USAGE}`);
    return 2;
  }
  try {
    console.log(await buildConsole());
    return 0;
  } catch (error) {
    console.error(`not built: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}
