import { runTarget } from "./run_target.ts";
import { FUZZ_TARGETS } from "./targets.ts";

/**
 * Feeds one target: `fuzz_program.ts TARGET PACKETS SEED`. Lines of JSON: `{"done"}` as it goes, and
 * `{"result"}` with the counts and the resident memory after a tenth and at the end.
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
    if (warmMib === 0 && done >= warmAt) warmMib = residentMib();
    say({ done });
  },
});
say({ result: { ...counts, warmMib, endMib: residentMib() } });

function residentMib(): number {
  return Deno.memoryUsage().rss / 2 ** 20;
}
