import { encodeCursor } from "@/region/domain/page_cursor.ts";
import { atLeast, atMost, type Bench, type Row } from "./bench.ts";
import { type RegionProcess, startRegionProcess } from "./region_process.ts";
import { seedGroups, seedMachines } from "./seed_machines.ts";
import { countStatements } from "./statement_count.ts";

const FEW = 1_000;
const MANY = 100_000;
const WARM_UP = 10;
const REQUESTS = 100;

/** What the API's budget says of a page of 100 out of 100,000. */
const PAGE_MS_MAX = 150;
const EXPORT_PER_SECOND_MIN = 10_000;
/** Memory is flat when the whole export costs less than a few slices of it would. */
const EXPORT_GROWTH_MIB_MAX = 64;

/** Requests as a script or the console sends them; `many` is how many machines there are. */
const REQUESTS_BY_NAME: Record<string, (many: number) => string> = {
  "first page of 100": () => "machines?limit=100",
  "deep page, by hostname": (many) => `machines?limit=100&sort=hostname&cursor=${deep(many)}`,
  "first page, by memory": () => "machines?limit=100&sort=-memoryMib,hostname",
  "status + zone": () => "machines?limit=100&status=Ready,Allocated&zone=zone-3",
  "rare status": () => "machines?limit=100&status=Broken",
  "tag, not another": () => "machines?limit=100&tag=tag-8,tag-15&notTag=tag-9",
  "search: name": (many) => `machines?limit=100&q=node-${String(many - 13).padStart(6, "0")}`,
  "search: part of many names": () => "machines?limit=100&q=node",
  "search: piece of a MAC": (many) => `machines?limit=100&q=${pieceOfMac(many - 13)}`,
  "search: start of an IP": () => "machines?limit=100&q=10.0.3.",
  "search: nothing found": () => "machines?limit=100&q=no-such-thing",
  "count by status": () => "machines/counts?by=status",
  "count by all": () => "machines/counts?by=status,zone,pool,tag,site",
  "one machine in full": (many) => `machines/${String(many - 13).padStart(6, "b")}`,
};

/** A fleet of 100,000 machines: how quick the API answers about it. */
export const apiBench: Bench = {
  description: "the region's API at 100,000 machines: latency, statements, export",
  async run(log) {
    const region = await startRegionProcess();
    try {
      return await measure(region, log);
    } finally {
      await region.stop();
    }
  },
};

async function measure(region: RegionProcess, log: (line: string) => void) {
  const { database: { db } } = region;
  await seedGroups(db);
  await seedMachines(db, 1, FEW);
  const few = await countAll(region, FEW);
  const startedMs = performance.now();
  await seedMachines(db, FEW + 1, MANY);
  log(`seeded ${MANY} machines in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  const many = await countAll(region, MANY);
  const rows: Row[] = [];
  for (const [name, path] of Object.entries(REQUESTS_BY_NAME)) {
    const row = { request: name, ...await time(region, path(MANY)) };
    const [statements, statementsFew] = [many.get(name) ?? 0, few.get(name) ?? 0];
    rows.push({ ...row, statements, [`statements at ${FEW}`]: statementsFew });
    log(`${name}: p99 ${row.p99Ms} ms`);
  }
  const exported = await measureExport(region);
  rows.push({ request: "export of all", ...exported });
  const pages = rows.filter(({ request }) => !/count|export/.test(String(request)));
  const slowest = Math.max(...pages.map(({ p99Ms }) => Number(p99Ms)));
  const growing = [...many].filter(([name, count]) => few.get(name) !== count);
  return {
    rows,
    bars: [
      atMost("page of 100 of 100,000, the slowest kind, p99 (ms)", slowest, PAGE_MS_MAX),
      atLeast("export (machines/s)", exported.perSecond, EXPORT_PER_SECOND_MIN),
      atMost("memory that the export adds (MiB)", exported.growthMib, EXPORT_GROWTH_MIB_MAX),
      atMost(`requests with other statements than at ${FEW} machines`, growing.length, 0),
    ],
  };
}

async function countAll(region: RegionProcess, many: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const [name, path] of Object.entries(REQUESTS_BY_NAME)) {
    counts.set(name, await countStatements(region, () => get(region, path(many))));
  }
  return counts;
}

async function time(region: RegionProcess, path: string) {
  for (let i = 0; i < WARM_UP; i++) await get(region, path);
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < REQUESTS; i++) {
    const startedMs = performance.now();
    bytes = (await get(region, path)).length;
    times.push(performance.now() - startedMs);
  }
  return { p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99), bytes };
}

/** The values that `share` of them do not exceed, to a tenth. */
function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 10) / 10;
}

async function get(region: RegionProcess, path: string): Promise<string> {
  const response = await ask(region, path);
  const text = await response.text();
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${text.slice(0, 500)}`);
  return text;
}

function ask(region: RegionProcess, path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${region.apiKey}` };
  return fetch(`${region.url}/api/v1/${path}`, { headers });
}

async function measureExport(region: RegionProcess) {
  const startedMs = performance.now();
  const response = await ask(region, "machines/export");
  if (!response.body) throw new Error("the export has no body");
  let [lines, bytes, peak, early] = [0, 0, 0, 0];
  for await (const chunk of response.body) {
    bytes += chunk.length;
    for (const byte of chunk) if (byte === 10) lines++;
    const resident = await region.residentBytes();
    // The first tenth warms up: buffers and compiled code stay.
    if (lines < MANY / 10) early = Math.max(early, resident);
    peak = Math.max(peak, resident);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  if (lines !== MANY) throw new Error(`the export has ${lines} lines`);
  return {
    bytes,
    seconds: Math.round(seconds * 10) / 10,
    perSecond: Math.round(lines / seconds),
    residentMib: Math.round(peak / 2 ** 20),
    growthMib: Math.max(0, Math.round((peak - early) / 2 ** 20)),
  };
}

/** Behind nine tenths of them. */
function deep(many: number): string {
  const n = Math.floor(many * 0.9);
  const values = [`node-${String(n).padStart(6, "0")}`, n];
  return encodeCursor({ sort: "hostname,id", values });
}

/** The last three bytes of a machine's first MAC, as the seed makes it. */
function pieceOfMac(machine: number): string {
  const digits = (machine * 16).toString(16).padStart(8, "0").slice(2);
  return digits.replaceAll(/(..)(?!$)/g, "$1:");
}
