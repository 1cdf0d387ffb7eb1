import { afterAll, beforeAll, expect, test } from "vitest";
import { insertAgent } from "@/region/db/queries/agents.ts";
import { listConditions } from "@/region/db/queries/notifications.ts";
import { issueCredential } from "@/region/tokens/credential.ts";
import { makeTestAgentKeys, makeTestProof, type TestAgentKeys } from "@/region/tokens/test_keys.ts";
import { type RegionInWorkerd, startRegionInWorkerd } from "./region_in_workerd.ts";

const SITES = 10;
const AGENTS = 1000;
const STEP_MINUTES = 10;
/** Of each site, in each step: so in a day each agent polls some times, and no site falls silent. */
const POLLS = 2;

interface Member {
  readonly keys: TestAgentKeys;
  readonly agentId: string;
  readonly siteId: string;
  credential: string;
}

let region: RegionInWorkerd;
let members: Member[];
const etags = new Map<string, string>();

beforeAll(async () => {
  region = await startRegionInWorkerd();
  const siteIds: string[] = [];
  for (let i = 0; i < SITES; i++) siteIds.push((await region.makeSite(`Site ${i}`)).id);
  members = [];
  for (let i = 0; i < AGENTS; i++) members.push(await enlist(i, siteIds[i % SITES] ?? ""));
}, 120_000);
afterAll(() => region?.dispose());

/** As an enrolment leaves it. */
async function enlist(number: number, siteId: string): Promise<Member> {
  const { ctx } = region;
  const keys = await makeTestAgentKeys();
  const agentId = `a-${String(number).padStart(6, "0")}`;
  const { signingJwk, encryptionJwk, jkt } = keys;
  const host = { hostname: `rack-${number}`, version: "0.1.0" };
  const at = { enrolledAt: ctx.now() };
  await insertAgent(ctx.db, {
    id: agentId,
    siteId,
    ...host,
    ...at,
    signingJwk,
    encryptionJwk,
    jkt,
  });
  const { signingKeys } = ctx.secrets;
  const { credential } = await issueCredential(signingKeys, { agentId, siteId, jkt }, ctx.now());
  return { keys, agentId, siteId, credential };
}

async function send(member: Member, method: string, path: string, body?: unknown) {
  const { ctx } = region;
  const url = `${ctx.publicUrl}/agent/v1${path}`;
  const bytes = body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body));
  const { keys, credential } = member;
  const dpop = await makeTestProof(keys, { method, url, body: bytes, credential, now: ctx.now() });
  const etag = etags.get(path);
  const headers = { authorization: `DPoP ${credential}`, dpop, "if-none-match": etag ?? "" };
  return await region.app.request(url, { method, body: bytes, headers });
}

async function poll(member: Member): Promise<number> {
  const path = `/sites/${member.siteId}/state`;
  const response = await send(member, "GET", path);
  etags.set(path, response.headers.get("etag") ?? "");
  await response.body?.cancel();
  return response.status;
}

/** Until nothing is left to do of what making the sites began. */
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await region.scheduled();
    region.advance(120);
  }
}

test(
  "a thousand agents poll for a day, and the database is asked for nothing but credentials",
  async () => {
    await settle();
    const statuses = new Map<number, number>();
    let turn = 0;
    const steps = 24 * 60 / STEP_MINUTES;
    const renewalStep = steps * 2 / 3; // when two thirds of a credential are over
    let ofPolls = 0;
    let ofTicks = 0;
    for (let step = 0; step < steps; step++) {
      const { connections } = await region.counted(async () => {
        const polls = Array.from({ length: SITES * POLLS }, () => {
          const member = members[turn++ % AGENTS];
          return member ? poll(member) : 0;
        });
        for (const status of await Promise.all(polls)) {
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      });
      ofPolls += connections;
      if (step === renewalStep) {
        const renewed = await region.counted(renewAll);
        expect(renewed.connections).toBe(AGENTS);
      }
      ofTicks += (await region.counted(async () => {
        for (let minute = 1; minute <= STEP_MINUTES; minute++) {
          region.advance(60);
          // Takes along who was seen since the last time that it was written down.
          if (minute === 2 && members[0]) await poll(members[0]);
          await region.scheduled();
        }
      })).connections;
    }
    expect(ofPolls).toBe(0);
    // The one tick that a day has in any case.
    expect(ofTicks).toBeLessThanOrEqual(1);
    expect([...statuses.keys()].sort()).toEqual([200, 304]);
    expect(statuses.get(200)).toBeLessThanOrEqual(SITES * POLLS);
    expect(region.logged.filter(({ event }) => event.endsWith("failed"))).toEqual([]);
  },
  600_000,
);

async function renewAll(): Promise<void> {
  for (let at = 0; at < members.length; at += 20) {
    await Promise.all(
      members.slice(at, at + 20).map(async (member) => {
        const response = await send(member, "POST", "/credential");
        member.credential = (await response.json()).credential;
      }),
    );
  }
}

test("what an agent tells wakes the next tick, and one for what was late, and then it is quiet", async () => {
  const [member] = members;
  if (!member) throw new Error("there are agents");
  for (let i = 0; i < SITES; i++) await poll(members[i] ?? member);
  region.advance(60);
  await poll(member); // takes the others along
  await settle();
  const at = region.ctx.now().toISOString();
  const fact = { at, monoMs: 1, seq: 1, kind: "agent.started", version: "0.1.0" };
  const body = { agentId: member.agentId, firstSeq: 1, facts: [fact] };
  expect((await send(member, "POST", "/facts", body)).status).toBe(200);
  const ticks = [];
  for (let minute = 0; minute < 6; minute++) {
    region.advance(60);
    ticks.push((await region.counted(() => region.scheduled())).connections > 0);
  }
  expect(ticks).toEqual([true, true, false, false, false, false]);
});

test(
  "a site that falls silent is told of, and so is its return, without a write per poll",
  async () => {
    const there = members.filter(({ siteId }) => siteId !== members[0]?.siteId);
    const gone = members[0];
    if (!gone) throw new Error("there are agents");
    const others = [...new Map(there.map((member) => [member.siteId, member])).values()];
    const minutes = async (count: number, polling: Member[]) => {
      for (let i = 0; i < count; i++) {
        await Promise.all(polling.map(poll));
        region.advance(60);
        await region.scheduled();
      }
    };
    const silent = async () =>
      (await listConditions(region.ctx.db)).map(({ ident }) => ident)
        .filter((ident) => ident?.startsWith("site.silent/"));
    await minutes(10, [...others, gone]);
    expect(await silent()).toEqual([]);
    await minutes(25, others);
    expect(await silent()).toEqual([`site.silent/${gone.siteId}`]);
    const { connections } = await region.counted(() => minutes(3, others));
    expect(connections).toBe(0);
    await minutes(8, [...others, gone]);
    expect(await silent()).toEqual([]);
  },
  120_000,
);
