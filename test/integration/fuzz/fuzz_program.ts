import { runTarget } from "./run_target.ts";
import { FUZZ_TARGETS } from "./targets.ts";

/**
 * Feeds one target: `fuzz_program.ts TARGET PACKETS SEED`. Lines of JSON: `{"done"}` as it goes, and
 * `{"result"}` with the counts and the memory in use after a tenth and at the end.
 *
 * Needs `--v8-flags=--expose-gc`: what was not collected yet is not what a decoder holds on to.
 */
const [name = "", packets = "", seed = ""] = Deno.args;
const target = FUZZ_TARGETS[name];
if (!target) throw new Error(`"${name}" is none of ${Object.keys(FUZZ_TARGETS).join(", ")}`);

const say = (line: unknown) =>
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(line) + "\n"));
const warmAt = Number(packets) / 10;
let warmMib = 0;
const counts = runTarget(target, {
  packets: Number(packets),
  seed: Number(seed),
  onProgress: (done) => {
    if (warmMib === 0 && done >= warmAt) warmMib = liveMib();
    say({ done });
  },
});
say({ result: { ...counts, warmMib, endMib: liveMib() } });

function liveMib(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("start it with --v8-flags=--expose-gc");
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
