import { issueCredential } from "@/region/tokens/credential.ts";
import { makeTestAgentKeys, makeTestProof, type TestAgentKeys } from "@/region/tokens/test_keys.ts";
import { atMost, type Bench, type BenchResult, type Row } from "./bench.ts";
import { startDenoHome, startWorkerdHome, type SyncHome } from "./sync_homes.ts";

const AGENTS = 1000;
const SITES = 10;
/** Of each site, so that a document is as large as those of the field. */
const MACHINES = 40;
/** A closed loop: so many polls are always under way. */
const AT_ONCE = 8;
const POLLS = 3000;
/** An open loop: each agent polls once in this time, as often as agents do. */
const ROUND_SECONDS = 50;
const P99_MS_MAX = 50;

/** Agents that poll, as they do when nothing happens, in both of the region's homes. */
export const syncBench: Bench = {
  description: "agents' polls in both homes: polls/s, p99, database statements",
  async run(log) {
    const results: BenchResult[] = [];
    for (const start of [startDenoHome, startWorkerdHome]) {
      const home = await start();
      try {
        results.push(await measure(home, log));
      } finally {
        await home.stop();
      }
    }
    return {
      rows: results.flatMap(({ rows }) => rows),
      bars: results.flatMap(({ bars }) => bars),
    };
  },
};

interface SimulatedAgent {
  readonly keys: TestAgentKeys;
  readonly credential: string;
  readonly url: string;
  readonly etag: string;
}

/** A poll that is signed and only has to be sent. */
interface Poll {
  readonly url: string;
  readonly headers: Record<string, string>;
}

async function measure(home: SyncHome, log: (line: string) => void): Promise<BenchResult> {
  const agents = await seed(home);
  log(`${home.name}: ${AGENTS} agents of ${SITES} sites with ${MACHINES} machines each`);
  const rows: Row[] = [];
  for (const status of [304, 200]) {
    await closedLoop(await sign(agents, 500, status), status); // warm
    const closed = await closedLoop(await sign(agents, POLLS, status), status);
    rows.push({ home: home.name, load: `${AT_ONCE} at once`, status, ...closed });
    log(`${home.name}: ${status}: ${closed.perSecond} polls/s, p99 ${closed.p99Ms} ms`);
  }
  const open = await openLoop(await sign(agents, AGENTS, 304));
  rows.push({
    home: home.name,
    load: `${AGENTS} agents in ${ROUND_SECONDS} s`,
    status: 304,
    ...open,
  });
  log(`${home.name}: ${AGENTS} agents in ${ROUND_SECONDS} s: p99 ${open.p99Ms} ms`);
  const few = await sign(agents, 100, 304);
  const statements = await home.countStatements(() => closedLoop(few, 304));
  return {
    rows,
    bars: [
      atMost(`${home.name}: p99 of ${AGENTS} agents' polls (ms)`, open.p99Ms, P99_MS_MAX),
      atMost(`${home.name}: database statements per poll`, statements / few.length, 0),
    ],
  };
}

async function seed(home: SyncHome): Promise<SimulatedAgent[]> {
  const siteIds: string[] = [];
  for (let i = 0; i < SITES; i++) siteIds.push(await makeSite(home, i));
  const agents: SimulatedAgent[] = [];
  const { signingKeys } = home.secrets;
  const etags = new Map<string, string>();
  for (let i = 0; i < AGENTS; i++) {
    const siteId = siteIds[i % SITES] ?? "";
    const keys = await makeTestAgentKeys();
    const who = { agentId: `a-${String(i).padStart(6, "0")}`, siteId, jkt: keys.jkt };
    const { credential } = await issueCredential(signingKeys, who, new Date());
    const url = `${home.publicUrl}/agent/v1/sites/${siteId}/state`;
    const [poll] = await sign([{ keys, credential, url, etag: "" }], 1, 200);
    if (poll && !etags.has(siteId)) {
      const response = await fetch(poll.url, { headers: poll.headers });
      if (response.status !== 200) throw new Error(await response.text());
      await response.body?.cancel();
      etags.set(siteId, response.headers.get("etag") ?? "");
    }
    agents.push({ keys, credential, url, etag: etags.get(siteId) ?? "" });
  }
  return agents;
}

async function makeSite(home: SyncHome, number: number): Promise<string> {
  const { id } = await post(home, "sites", { name: `bench ${number}` });
  for (let i = 0; i < MACHINES; i++) {
    const n = number * MACHINES + i;
    const hex = n.toString(16).padStart(4, "0");
    await post(home, "machines", {
      siteId: id,
      hostname: `node-${n}`,
      macs: [`52:54:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`],
      bmc: { kind: "ipmi", address: `bmc-${n}.example.com`, username: "admin", password: "secret" },
    });
  }
  return String(id);
}

async function sign(
  agents: readonly SimulatedAgent[],
  count: number,
  status: number,
): Promise<Poll[]> {
  const now = new Date();
  return await Promise.all(Array.from({ length: count }, async (_, i) => {
    const { keys, credential, url, etag } = agents[i % agents.length]!; // there are some
    const dpop = await makeTestProof(keys, { method: "GET", url, credential, now });
    const condition: Record<string, string> = status === 304 ? { "if-none-match": etag } : {};
    return { url, headers: { authorization: `DPoP ${credential}`, dpop, ...condition } };
  }));
}

async function send({ url, headers }: Poll, status: number): Promise<number> {
  const startMs = performance.now();
  const response = await fetch(url, { headers });
  await response.arrayBuffer();
  if (response.status !== status) throw new Error(`a poll was answered ${response.status}`);
  return performance.now() - startMs;
}

async function closedLoop(polls: readonly Poll[], status: number) {
  const left = [...polls];
  const times: number[] = [];
  const startMs = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let poll = left.pop(); poll; poll = left.pop()) times.push(await send(poll, status));
  }));
  const seconds = (performance.now() - startMs) / 1000;
  return { perSecond: Math.round(polls.length / seconds), ...percentiles(times) };
}

/** Each is sent at its time, however long the others take. */
async function openLoop(polls: readonly Poll[]) {
  const startMs = performance.now();
  const gapMs = ROUND_SECONDS * 1000 / polls.length;
  const times = await Promise.all(polls.map(async (poll, i) => {
    const waitMs = Math.max(0, startMs + i * gapMs - performance.now());
    await new Promise((wake) => setTimeout(wake, waitMs));
    return await send(poll, 304);
  }));
  return { perSecond: Math.round(polls.length / ROUND_SECONDS), ...percentiles(times) };
}

function percentiles(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 10) / 10;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function post(home: SyncHome, path: string, body: unknown) {
  const response = await fetch(`${home.publicUrl}/api/v1/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${home.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>; // our own API's
}
