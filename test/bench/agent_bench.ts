import { buildAgent, hostArch } from "@/infra/agent_build/build_agent.ts";
import { formatLeaseChange } from "@/rack-agent/protocol/dhcp/lease.ts";
import { formatLine } from "@/rack-agent/runtime/lease_files.ts";
import { ipv4FromNumber } from "@/shared/net/ipv4.ts";
import { formatMacAddress } from "@/shared/net/mac_address.ts";
import { atMost, type Bench, median, type Row } from "./bench.ts";
import { type RegionProcess, startRegionProcess } from "./region_process.ts";

const MACHINES = 1_000;
const LEASES = 50_000;
const STARTS = 5;
/** Machines that are asked for at once while the site is made. */
const AT_ONCE = 8;
/** What the agent's budget says. */
const START_MS_MAX = 1_000;
const RESIDENT_MIB_MAX = 150;
const FIRST_ADDRESS = 0x0a_51_01_00; // 10.81.1.0

/** What the one file of the agent costs a host: size, start, memory; empty and with a big site. */
export const agentBench: Bench = {
  description: "the agent's one file: size, time to start, memory, empty and with a big site",
  async run(log) {
    const folder = await Deno.makeTempDir({ prefix: "rackwright-bench-" });
    try {
      const file = await buildAgent({ arch: hostArch(), form: "self-extracting", log });
      return await measure(file, folder, log);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

async function measure(file: string, folder: string, log: (line: string) => void) {
  const { size } = await Deno.stat(file);
  await starting(file, ["--version"]).ended; // unpacks
  const versionMs = median(
    await repeat(async () => {
      const startMs = performance.now();
      await starting(file, ["--version"]).ended;
      return performance.now() - startMs;
    }),
  );
  const region = await startRegionProcess();
  let empty: Start;
  try {
    await joinSite(region, file, folder);
    empty = await startsOf(file, folder);
    log(`empty: ${empty.ms} ms, ${empty.residentMib} MiB`);
    await fillSite(region);
    await Deno.writeTextFile(`${folder}/leases.log`, leaseLines());
    await untilMachinesKnown(file, folder);
  } finally {
    await region.stop();
  }
  const full = await startsOf(file, folder); // the region is away: from what is on disk
  const row = (what: string, { ms, residentMib, peakMib }: Start): Row => ({
    what,
    "start ms": ms,
    "resident MiB": residentMib,
    "peak MiB": peakMib,
  });
  const fullName = `${MACHINES} machines, ${LEASES} leases`;
  return {
    rows: [
      { what: `--version: ${Math.round(versionMs)} ms; ${(size / 1e6).toFixed(1)} MB on disk` },
      row("joined, nothing to serve", empty),
      row(`${fullName}, region away`, full),
    ],
    bars: [
      atMost("start with nothing to serve (ms)", empty.ms, START_MS_MAX),
      atMost(`start with ${fullName} (ms)`, full.ms, START_MS_MAX),
      atMost(`resident with ${fullName} (MiB)`, full.residentMib, RESIDENT_MIB_MAX),
    ],
  };
}

interface Start {
  /** Until it says that all of it serves. */
  readonly ms: number;
  /** Half a second after that. */
  readonly residentMib: number;
  readonly peakMib: number;
}

async function startsOf(file: string, folder: string): Promise<Start> {
  const starts = await repeat(async () => {
    const startMs = performance.now();
    const agent = starting(file, runArguments(folder));
    await agent.says(/"agent.started"/);
    const ms = performance.now() - startMs;
    await new Promise((resolve) => setTimeout(resolve, 500));
    const memory = await memoryOf(agent.pid);
    agent.stop();
    await agent.ended;
    return { ms, ...memory };
  });
  const of = (value: (start: Start) => number) => Math.round(median(starts.map(value)));
  return {
    ms: of(({ ms }) => ms),
    residentMib: of(({ residentMib }) => residentMib),
    peakMib: of(({ peakMib }) => peakMib),
  };
}

async function repeat<T>(measureOnce: () => Promise<T>): Promise<T[]> {
  const measured: T[] = [];
  for (let i = 0; i < STARTS; i++) measured.push(await measureOnce());
  return measured;
}

async function joinSite(region: RegionProcess, file: string, folder: string): Promise<void> {
  const site = await post(region, "sites", { name: "bench" });
  const { token } = await post(region, `sites/${site.id}/join-tokens`, {});
  const args = ["join", region.url, "--token", String(token), "--data", folder];
  const { code } = await starting(file, args).ended;
  if (code !== 0) throw new Error(`the agent did not join: it ended with ${code}`);
}

async function fillSite(region: RegionProcess): Promise<void> {
  const { sites } = await get(region, "sites") as { sites: { id: string }[] }; // our own API's
  const siteId = sites[0]?.id;
  const numbers = Array.from({ length: MACHINES }, (_, i) => i);
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let n = numbers.pop(); n !== undefined; n = numbers.pop()) {
      const bmc = {
        kind: "ipmi",
        address: `bmc-${n}.example.com`,
        username: "admin",
        password: "secret",
      };
      const macs = [0, 1].map((port) => machineMac(2 * n + port));
      await post(region, "machines", { siteId, hostname: `node-${n}`, macs, bmc });
    }
  });
  await Promise.all(workers);
}

/** Until the agent has written down a state that holds all machines. */
async function untilMachinesKnown(file: string, folder: string): Promise<void> {
  const agent = starting(file, runArguments(folder));
  await agent.says(/"agent.started"/);
  let known = 0;
  for (const endMs = performance.now() + 60_000; known !== MACHINES;) {
    if (performance.now() > endMs) {
      throw new Error(`the agent knows ${known} machines after a minute`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    const text = await Deno.readTextFile(`${folder}/site_state.jws`).catch(() => "");
    const [, payload = ""] = text.split("\n")[1]?.split(".") ?? [];
    const state = payload && atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    known = state.match(/"hostname":"node-/g)?.length ?? 0;
  }
  agent.stop();
  await agent.ended;
}

function leaseLines(): string {
  const atMs = Date.now();
  return Array.from({ length: LEASES }, (_, i) =>
    formatLine(formatLeaseChange({
      kind: "give",
      mac: machineMac(i),
      ipv4: ipv4FromNumber(FIRST_ADDRESS + i),
      subnetId: 1,
      atMs,
      expiresAtMs: atMs + 3_600_000,
      hostname: `node-${i}`,
    }))).join("");
}

function machineMac(n: number) {
  return formatMacAddress(Uint8Array.of(0x52, 0x54, 0, n >> 16, (n >> 8) & 255, n & 255));
}

function runArguments(folder: string): string[] {
  const ports = ["--http-port", "--files-port", "--status-port"]
    .flatMap((name) => [name, String(freePort())]);
  return ["run", "--data", folder, ...ports];
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** The file, as a host without Deno runs it. */
function starting(file: string, args: string[]) {
  const child = new Deno.Command(file, { args, stdout: "piped", stderr: "piped" }).spawn();
  let said = "";
  let heard = Promise.withResolvers<void>();
  let hasEnded = false;
  const listen = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      said = (said + text).slice(-100_000);
      heard.resolve();
    }
  };
  const ended = Promise.all([listen(child.stdout), listen(child.stderr), child.status])
    .then(([, , status]) => {
      hasEnded = true;
      heard.resolve();
      return status;
    });
  return {
    pid: child.pid,
    ended,
    stop: () => child.kill("SIGTERM"),
    says: async (pattern: RegExp) => {
      while (!pattern.test(said)) {
        if (hasEnded) throw new Error(`the agent ended without ${pattern}: ${said.slice(-2_000)}`);
        await heard.promise;
        heard = Promise.withResolvers();
      }
    },
  };
}

/** proc(5): VmRSS and VmHWM, in kB. */
async function memoryOf(pid: number) {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const mib = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]) / 1024;
  return { residentMib: mib("VmRSS"), peakMib: mib("VmHWM") };
}

async function post(region: RegionProcess, path: string, body: unknown) {
  return await ask(region, path, { method: "POST", body: JSON.stringify(body) });
}

async function get(region: RegionProcess, path: string) {
  return await ask(region, path, {});
}

async function ask(region: RegionProcess, path: string, init: RequestInit) {
  const response = await fetch(`${region.url}/api/v1/${path}`, {
    ...init,
    headers: { authorization: `Bearer ${region.apiKey}`, "content-type": "application/json" },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>; // our own API's
}
