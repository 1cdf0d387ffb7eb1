import { fileURLToPath } from "node:url";
import { TestNetwork, type TestProgram, whyNotHere } from "@/test/integration/dhcp/network.ts";
import { atLeast, atMost, type Bar, type Bench, interleave, median, type Row } from "../bench.ts";
import { type Contender, dnsmasq, INTERFACE, isc, kea, ours, SERVER } from "./contenders.ts";
import type { LoadOptions, LoadResult } from "./load.ts";

const LOAD_PROGRAM = fileURLToPath(new URL("./load.ts", import.meta.url));
const PROMISED_PROGRAM = fileURLToPath(new URL("./promised.ts", import.meta.url));
const RELAY = "10.81.0.2";
/** A busy host is measured in fewer. */
const ROUNDS = Number(Deno.env.get("RACKWRIGHT_BENCH_ROUNDS") ?? 3);
const STEADY_ROUNDS = 3;
const LOAD_SECONDS = 4;
const OUTSTANDING = 256;
/** Rates of perfdhcp, exchanges a second; the last that a server keeps up with is its mark. */
const RATES = [500, 1_000, 2_000, 4_000, 8_000, 12_000, 16_000];
const DROPPED_PERCENT_MAX = 1;
const CHANGES_PER_SECOND = 500;
const CHANGES_SECONDS = 4;

/** Leases a second, waits and processor time beside the peers; then what only we promise. */
export const dhcpBench: Bench = {
  description: "DHCP leases a second beside Kea, ISC dhcpd and dnsmasq, on the same cores",
  async run(log) {
    const reason = whyNotHere("taskset");
    if (reason) throw new Error(`no DHCP bench here: ${reason}`);
    const contenders = [ours(), kea("raw"), kea("udp"), isc, dnsmasq].filter(
      ({ program, name }) => {
        const missing = program === "deno" ? undefined : whyNotHere(program);
        if (missing) log(`${name} is left out: ${missing}`);
        return !missing;
      },
    );
    const rows: Row[] = [];
    const bars: Bar[] = [];
    for (const leases of [1_000, 50_000]) {
      const able = contenders.filter(({ leasesMax }) => leases <= leasesMax);
      const figures = await closedLoop(able, leases, log);
      rows.push(...figures);
      bars.push(...ratioBars(figures, leases));
    }
    rows.push(...await risingRate(contenders.slice(0, 2), log));
    const steady = await atRate(contenders.slice(0, 2), 1_000, log);
    rows.push(...steady);
    const p99Ms = Number(steady[0]?.["p99 ms"]);
    bars.push(atMost("p99 of an exchange at 1,000 a second (ms)", p99Ms, 10));
    const restart = await restartAfterKill(50_000);
    log(`restart with 50,000 leases: ${restart.ms} ms`);
    rows.push(restart.row);
    bars.push(atMost("kill -9 to answering again with 50,000 leases (ms)", restart.ms, 1_000));
    const stale = await staleAnswers();
    rows.push(stale.row);
    bars.push(atMost(`stale answers at ${CHANGES_PER_SECOND} changes a second`, stale.stale, 0));
    const wrong = rows.filter(({ wrong }) => wrong !== undefined && wrong !== "").length;
    bars.push(atMost("measurements with a wrong answer in them", wrong, 0));
    return { rows, bars };
  },
};

async function closedLoop(
  contenders: readonly Contender[],
  leases: number,
  log: (line: string) => void,
): Promise<Row[]> {
  const measured = await interleave(
    contenders.map((contender) => () => {
      return withServer(contender, async ({ load, cpuMs }) => {
        await load({ machines: leases, rounds: 1, seconds: 300 });
        const before = cpuMs();
        const result = await load({ machines: leases });
        const cpuUs = ((cpuMs() - before) * 1_000) / Math.max(1, result.completed);
        const perSecond = round(result.completed / result.seconds);
        log(`${contender.name}, ${leases} leases: ${perSecond} DORA/s, ${round(cpuUs)} us each`);
        return { result, cpuUs };
      });
    }),
    ROUNDS,
  );
  return contenders.map(({ name }, i) => {
    const runs = measured[i] ?? [];
    const of = (value: (run: (typeof runs)[number]) => number) => round(median(runs.map(value)));
    const all = runs.map(({ result }) => round(result.completed / result.seconds));
    return {
      what: `${leases} leases`,
      server: name,
      "DORA/s": of(({ result }) => result.completed / result.seconds),
      range: `${Math.min(...all)}-${Math.max(...all)}`,
      "p50 ms": of(({ result }) => result.p50Ms),
      "p99 ms": of(({ result }) => result.p99Ms),
      "CPU us/DORA": of(({ cpuUs }) => cpuUs),
      wrong: wrongText(runs.map(({ result }) => result)),
    };
  });
}

function ratioBars(rows: readonly Row[], leases: number): Bar[] {
  const [us, ...peers] = rows.map((row) => Number(row["DORA/s"]));
  const names = rows.map(({ server }) => String(server));
  return peers.flatMap((peer, i) => {
    const name = names[i + 1] ?? "";
    if (!name.startsWith("kea") || us === undefined) return [];
    return [atLeast(`DORA/s to those of ${name}, ${leases} leases`, round(us / peer), 2.5)];
  });
}

/** perfdhcp, not our own load: the highest rate at which it drops less than one in a hundred. */
async function risingRate(
  contenders: readonly Contender[],
  log: (line: string) => void,
): Promise<Row[]> {
  const missing = whyNotHere("perfdhcp");
  if (missing) {
    log(`no rising rate: ${missing}`);
    return [];
  }
  const rows: Row[] = [];
  for (const contender of contenders) {
    const passed = await withServer(contender, async ({ load, perfdhcp }) => {
      await load({ machines: 20_000, rounds: 1, seconds: 60 }); // warm, as the peers need not be
      let best = 0;
      for (const rate of RATES) {
        const dropped = await perfdhcp(rate);
        log(`${contender.name}, perfdhcp at ${rate}: ${dropped} % dropped`);
        if (dropped > DROPPED_PERCENT_MAX) break;
        best = rate;
      }
      return best;
    });
    rows.push({ what: "perfdhcp, highest rate kept", server: contender.name, "DORA/s": passed });
  }
  return rows;
}

/** How long machines wait where nobody is pressed; one slow moment of the host is one run of several. */
async function atRate(
  contenders: readonly Contender[],
  rate: number,
  log: (line: string) => void,
): Promise<Row[]> {
  const measured = await interleave(
    contenders.map((contender) => () => {
      return withServer(contender, async ({ load }) => {
        await load({ machines: 20_000, rounds: 1, seconds: 60 });
        const result = await load({ machines: 20_000, rate, outstanding: 10_000, seconds: 8 });
        log(`${contender.name} at ${rate} a second: p99 ${round(result.p99Ms)} ms`);
        return result;
      });
    }),
    STEADY_ROUNDS,
  );
  return contenders.map(({ name }, i) => {
    const runs = measured[i] ?? [];
    const of = (value: (run: LoadResult) => number) => round(median(runs.map(value)));
    return {
      what: `${rate} exchanges a second`,
      server: name,
      "DORA/s": of(({ completed, seconds }) => completed / seconds),
      "p50 ms": of(({ p50Ms }) => p50Ms),
      "p99 ms": of(({ p99Ms }) => p99Ms),
      wrong: wrongText(runs),
    };
  });
}

/**
 * From the start of the process until a machine that asks all the time has a lease, with the files
 * that a killed one has left.
 */
async function restartAfterKill(leases: number) {
  const contender = ours();
  return await withServer(contender, async ({ network, server, host, folder, load }) => {
    await load({ machines: leases, rounds: 1, seconds: 300 });
    await server.end("SIGKILL");
    const asking = load({ machines: 1, outstanding: 1, rounds: 1, seconds: 60, againMs: 10 });
    const startMs = performance.now();
    const again = network.start(host, pinned(0, await contender.command(folder)));
    const { completed } = await asking;
    const ms = completed === 1 ? Math.round(performance.now() - startMs) : Infinity;
    const known = JSON.parse(await again.line(/"ready"/)) as { leases: number }; // our own program's
    const lost = leases - known.leases;
    const row: Row = {
      what: `restart with ${leases} leases: ${ms} ms`,
      server: contender.name,
      wrong: lost > 0 ? `${lost} leases lost` : "",
    };
    return { row, ms };
  });
}

/** Each changed promise is asked for as soon as it is in force. */
async function staleAnswers() {
  const contender = ours(CHANGES_PER_SECOND);
  return await withServer(contender, async ({ network, server, client }) => {
    const words = ["netns", "exec", client, "taskset", "-c", "1", Deno.execPath(), "run", "-A"];
    const asking = new Deno.Command("ip", {
      args: [...words, PROMISED_PROGRAM, "10.82.255.254", SERVER],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    await network.exec(client, ["ip", "address", "add", "10.82.255.254/16", "dev", "eth0"]);
    const writer = asking.stdin.getWriter();
    const endMs = performance.now() + CHANGES_SECONDS * 1_000;
    let changes = 0;
    while (performance.now() < endMs) {
      const line = await server.line(/^\S+ \S+$/);
      await writer.write(new TextEncoder().encode(`${line}\n`));
      changes += 1;
    }
    await writer.close();
    const { stdout } = await asking.output();
    const { asked, stale, unanswered } = JSON.parse(new TextDecoder().decode(stdout)) as {
      asked: number;
      stale: number;
      unanswered: number;
    }; // of our own program
    const row: Row = {
      what: `${round(changes / CHANGES_SECONDS)} promises changed a second, ${asked} asked for`,
      server: contender.name,
      wrong: stale + unanswered > 0 ? `${stale} stale, ${unanswered} unanswered of ${asked}` : "",
    };
    return { row, stale: stale + unanswered };
  });
}

interface Running {
  readonly network: TestNetwork;
  readonly folder: string;
  readonly host: string;
  readonly server: TestProgram;
  /** The namespace that asks. */
  readonly client: string;
  readonly load: (options: Partial<LoadOptions>) => Promise<LoadResult>;
  /** Returns the percentage of exchanges that were not completed. */
  readonly perfdhcp: (rate: number) => Promise<number>;
  /** Processor time of the server so far. */
  readonly cpuMs: () => number;
}

async function withServer<T>(
  contender: Contender,
  measure: (running: Running) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  const network = await TestNetwork.create();
  try {
    const host = await network.namespace("server");
    const client = await network.namespace("client");
    await network.link({ namespace: host, device: INTERFACE, address: `${SERVER}/16` }, {
      namespace: client,
      device: "eth0",
      address: `${RELAY}/16`,
    });
    await network.exec(host, ["ip", "route", "add", "10.82.0.0/16", "dev", INTERFACE]);
    const server = network.start(host, pinned(0, await contender.command(folder)));
    const load = async (options: Partial<LoadOptions>) => {
      const whole: LoadOptions = { ...DEFAULT_LOAD, ...options };
      const command = [Deno.execPath(), "run", "-A", LOAD_PROGRAM, JSON.stringify(whole)];
      const { stdout } = await network.exec(client, pinned(1, command));
      return JSON.parse(stdout) as LoadResult; // of our own program
    };
    const answer = await load({ machines: 1, outstanding: 1, rounds: 1, seconds: 30 });
    if (answer.completed === 0) throw new Error(`${contender.name} does not answer`);
    const perfdhcp = async (rate: number) => {
      const options = ["-4", "-r", String(rate), "-R", "20000", "-p", "4", "-W", "1000000"];
      const command = pinned(1, ["perfdhcp", ...options, SERVER]);
      // It ends with 3 where packets were dropped, which is what is asked for here.
      const { stdout } = await network.exec(client, ["sh", "-c", `${command.join(" ")} || true`]);
      const shares = [...stdout.matchAll(/drops ratio: ([\d.]+) %/g)].map(([, share]) =>
        Number(share)
      );
      return shares.length === 0 ? 100 : Math.max(...shares);
    };
    const cpuMs = () => cpuMsOf(server.pid);
    return await measure({ network, folder, host, server, client, load, perfdhcp, cpuMs });
  } finally {
    await network.remove();
    await Deno.remove(folder, { recursive: true });
  }
}

const DEFAULT_LOAD: LoadOptions = {
  relay: RELAY,
  server: SERVER,
  machines: 1_000,
  outstanding: OUTSTANDING,
  seconds: LOAD_SECONDS,
  rate: 0,
  rounds: 0,
  againMs: 1_000,
};

function pinned(core: number, command: readonly string[]): string[] {
  return ["taskset", "-c", String(core), ...command];
}

/** The time that all threads of a process have run, from the scheduler's own books. */
function cpuMsOf(pid: number): number {
  let sumNs = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const [ns = "0"] = Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`).split(" ");
    sumNs += Number(ns);
  }
  return sumNs / 1e6;
}

function wrongText(results: readonly LoadResult[]): string {
  return results.flatMap(({ wrong }) => Object.entries(wrong)).map(([what, n]) => `${n} ${what}`)
    .join(", ");
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
