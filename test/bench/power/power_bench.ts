import { atLeast, atMost, type Bar, type Bench, median, type Row } from "../bench.ts";
import { peerProgram } from "../peers.ts";
import { residentMib, startFleet } from "./fleet.ts";
import type { WatchSample } from "./fleet_watch.ts";
import { orderTimes } from "./order_time.ts";
import { queryCosts } from "./query_cost.ts";

const BMCS = 10_000;
const DEAD_PERCENT = 2;
const SLOW_PERCENT = 10;
const SLOW_MS = 2_000;
/** Every BMC has been logged in to by then, slow ones too. */
const WARM_UP_SECONDS = 90;
const MEASURED_SECONDS = 90;
const COMPARED_BMCS = 200;
const AGE_P99_SECONDS_MAX = 60;
const CPU_RATIO_MIN = 20;
const ORDER_MS_MAX = 1_000;

/** Ten thousand BMCs watched by one process, one query beside `ipmitool`, one order to the wire. */
export const powerBench: Bench = {
  description: "10,000 BMCs watched by one agent, a query beside ipmitool, an order to the wire",
  async run(log) {
    const watched = await watchFleet(log);
    for (const row of watched.rows) log(JSON.stringify(row));
    const compared = await compareQueries(log);
    for (const row of compared.rows) log(JSON.stringify(row));
    const times = await orderTimes(log);
    return {
      rows: [...watched.rows, ...compared.rows, orderRow(times)],
      bars: [
        ...watched.bars,
        ...compared.bars,
        atMost(
          "order in the region to chassis control, p50 (ms)",
          round(median(times)),
          ORDER_MS_MAX,
        ),
      ],
    };
  },
};

interface Part {
  readonly rows: readonly Row[];
  readonly bars: readonly Bar[];
}

async function watchFleet(log: (line: string) => void): Promise<Part> {
  const faults = { deadPercent: DEAD_PERCENT, slowPercent: SLOW_PERCENT, slowMs: SLOW_MS };
  const fleet = await startFleet(BMCS, faults);
  log(`${BMCS} BMCs answer, ${SLOW_PERCENT} % slow, ${DEAD_PERCENT} % dead`);
  try {
    const samples = await samplesOf(WARM_UP_SECONDS + MEASURED_SECONDS, log);
    const measured = samples.slice(-MEASURED_SECONDS);
    const first = measured[0];
    const last = measured.at(-1);
    if (!first || !last) throw new Error("the watch said nothing");
    const seconds = (last.atMs - first.atMs) / 1_000;
    const worst = (age: (sample: WatchSample) => number) => Math.max(...measured.map(age));
    const p99 = worst(({ ages }) => ages.p99);
    const queries = last.answered - first.answered;
    const cores = (last.cpuMs - first.cpuMs) / 1_000 / seconds;
    return {
      rows: [{
        what: `${BMCS} BMCs, worst of ${measured.length} looks in ${Math.round(seconds)} s`,
        "age p50 s": round(worst(({ ages }) => ages.p50)),
        "age p99 s": round(p99),
        "age max s": round(worst(({ ages }) => ages.max)),
        "queries/s": Math.round(queries / seconds),
        cores: round(cores),
        "cpu ms/query": round((last.cpuMs - first.cpuMs) / queries),
        "resident MiB": Math.round(last.residentMib),
      }, {
        what: "the simulated BMCs themselves",
        "resident MiB": Math.round(await residentMib(fleet.pid)),
      }],
      bars: [
        atMost("age of a healthy BMC's state, p99 (s)", round(p99), AGE_P99_SECONDS_MAX),
        atMost("BMCs that are dead and more, unknown", last.unknown, BMCS * DEAD_PERCENT / 100),
      ],
    };
  } finally {
    await fleet.stop();
  }
}

/** One sample a second, for so many seconds. */
async function samplesOf(seconds: number, log: (line: string) => void): Promise<WatchSample[]> {
  const program = new URL("./fleet_watch.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", program, String(BMCS), String(DEAD_PERCENT)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const samples: WatchSample[] = [];
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (text + part).split("\n");
    text = lines.pop() ?? "";
    samples.push(...lines.map((line) => JSON.parse(line) as WatchSample)); // our own program's
    const last = samples.at(-1);
    if (last && samples.length % 15 === 0) log(`${samples.length} s: ${JSON.stringify(last)}`);
    if (samples.length >= seconds) break;
  }
  child.kill("SIGTERM");
  await child.status;
  return samples;
}

async function compareQueries(log: (line: string) => void): Promise<Part> {
  const tool = await peerProgram("ipmitool", "ipmitool");
  const fleet = await startFleet(COMPARED_BMCS);
  log("one query: kept session, new session, forked ipmitool, in turns");
  try {
    const { kept, fresh, tool: forked } = await queryCosts(fleet, tool);
    const row = (what: string, cost: { cpuMs: number; wallMs: number }): Row => ({
      what,
      "cpu ms/query": round(cost.cpuMs),
      "wall ms/query": round(cost.wallMs),
    });
    return {
      rows: [
        row("one query, session kept (as the agent does)", kept),
        row("one query, session opened and closed for it", fresh),
        row("one query, ipmitool forked for it", forked),
      ],
      bars: [
        atLeast(
          "CPU of ipmitool's query over ours",
          round(forked.cpuMs / kept.cpuMs),
          CPU_RATIO_MIN,
        ),
      ],
    };
  } finally {
    await fleet.stop();
  }
}

function orderRow(times: readonly number[]): Row {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    what: `${times.length} orders, region to wire: p50 ${round(median(times))} ms, max ${
      round(sorted.at(-1) ?? 0)
    } ms`,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
