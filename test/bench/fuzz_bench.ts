import { FUZZ_TARGETS } from "@/test/integration/fuzz/targets.ts";
import { atLeast, atMost, type Bench, type Row } from "./bench.ts";

const PACKETS = Number(Deno.env.get("RACKWRIGHT_FUZZ_PACKETS") ?? 10_000_000);
/** Some of the targets, with commas between them; absent: all. */
const NAMES = (Deno.env.get("RACKWRIGHT_FUZZ_TARGETS") ?? Object.keys(FUZZ_TARGETS).join(","))
  .split(",");
const SEED = Number(Deno.env.get("RACKWRIGHT_FUZZ_SEED") ?? Date.now() % 2 ** 31);
/** 100,000 packets that take longer than this hang. */
const SILENCE_MS_MAX = 300_000;
const GROWTH_MIB_MAX = 32;
const PROGRAM = new URL("../integration/fuzz/fuzz_program.ts", import.meta.url).pathname;

/** Damaged packets in numbers that CI has no time for; each decoder in a process that is watched. */
export const fuzzBench: Bench = {
  description: "ten million damaged packets for each decoder: no crash, hang or growth of memory",
  async run(log) {
    const rows: Row[] = [];
    let packets = Infinity;
    let growthMib = 0;
    for (const name of NAMES) {
      const startMs = performance.now();
      const result = await feed(name);
      const seconds = (performance.now() - startMs) / 1_000;
      packets = Math.min(packets, PACKETS);
      growthMib = Math.max(growthMib, result.endMib - result.warmMib);
      rows.push({
        decoder: name,
        packets: PACKETS,
        read: result.read,
        refused: result.refused,
        "slowest ms": Number(result.slowestMs.toFixed(1)),
        "live MiB after a tenth": round(result.warmMib),
        "live MiB at the end": round(result.endMib),
        seconds: Math.round(seconds),
      });
      log(`${name}: ${PACKETS} packets in ${Math.round(seconds)} s (seed ${SEED})`);
    }
    return {
      rows,
      bars: [
        atLeast("damaged packets for each decoder, without a fault", packets, 10_000_000),
        atMost("growth of live memory (MiB)", round(growthMib), GROWTH_MIB_MAX),
      ],
    };
  },
};

interface Result {
  readonly read: number;
  readonly refused: number;
  readonly slowestMs: number;
  readonly warmMib: number;
  readonly endMib: number;
}

/** Throws when the process ends without a result, or says nothing for too long. */
async function feed(name: string): Promise<Result> {
  const args = [
    "run",
    "-A",
    "--no-check",
    "--v8-flags=--expose-gc",
    PROGRAM,
    name,
    String(PACKETS),
    String(SEED),
  ];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  let result: Result | undefined;
  let rest = "";
  let timer = watch(child);
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    clearTimeout(timer);
    timer = watch(child);
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) result = (JSON.parse(line) as { result?: Result }).result ?? result; // our own program's
  }
  clearTimeout(timer);
  await child.status;
  if (!result) throw new Error(`${name} broke or hung at seed ${SEED}`);
  return result;
}

function watch(child: Deno.ChildProcess) {
  return setTimeout(() => child.kill("SIGKILL"), SILENCE_MS_MAX);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
