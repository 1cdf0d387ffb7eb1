import { sql } from "drizzle-orm";
import { compactDecrypt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findAgent, listAgents } from "@/region/db/queries/agents.ts";
import { thumbprintOf } from "@/region/tokens/region_keys.ts";
import { makeTestAgentKeys } from "@/region/tokens/test_keys.ts";
import { revokeAgent } from "@/region/services/agents/manage_agents.ts";
import { EnrolmentResponse } from "@/shared/contract/enrolment.ts";
import { tick } from "@/region/reconcilers/tick.ts";
import { ADMIN, type RegionUnderTest, startRegion } from "./region_under_test.ts";
import { codeOf, enrol, joinSite } from "./test_agent.ts";

let region: RegionUnderTest;
let site: { id: string; name: string };
beforeAll(async () => {
  region = await startRegion();
  site = await region.makeSite("One");
});
afterAll(() => region.dispose());

const agentsNow = () =>
  listAgents(region.ctx.db, {}, { where: undefined, orderBy: [], limit: 1000 });

describe("enrolment", () => {
  test("gives an agent its id, the region's keys, the site's key and a credential", async () => {
    const keys = await makeTestAgentKeys();
    const token = await region.makeToken(site.id);
    const response = await enrol(region, keys, token);
    expect(response.status).toBe(201);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const enrolled = EnrolmentResponse.parse(await response.json());
    expect(enrolled).toMatchObject({
      site: { id: site.id, name: "One" },
      regionKeys: [{ kid: "k1", crv: "Ed25519" }],
      credentialExpiresAt: "2026-03-02T12:00:00.000Z",
    });
    expect(JSON.stringify(enrolled.regionKeys)).not.toContain('"d"');
    // What the agent compares before it trusts the answer: the token ends with the thumbprint.
    const [regionKey] = enrolled.regionKeys;
    expect(token.endsWith(`_${regionKey && await thumbprintOf(regionKey)}`)).toBe(true);
    const { plaintext } = await compactDecrypt(enrolled.sealedSiteKey, keys.encryptionPrivate);
    expect(plaintext).toHaveLength(32);
    const row = (await agentsNow()).find(({ id }) => id === enrolled.agentId);
    expect(row).toMatchObject({ siteId: site.id, hostname: "rack-host", jkt: keys.jkt });
  });

  test("lets the agent read its site's state at once", async () => {
    const agent = await joinSite(region, site.id);
    expect(await agent.state()).toMatchObject({ site, generation: 1 });
  });

  test("gives all agents of a site the same key, and each site its own", async () => {
    const other = await region.makeSite("Other");
    const keyOf = async (siteId: string) => {
      const { keys, enrolled } = await joinSite(region, siteId);
      const { plaintext } = await compactDecrypt(enrolled.sealedSiteKey, keys.encryptionPrivate);
      return [...plaintext].join();
    };
    const first = await keyOf(site.id);
    expect(await keyOf(site.id)).toBe(first);
    expect(await keyOf(other.id)).not.toBe(first);
  });
});

describe("a join token", () => {
  test("works once, also when many use it at the same moment", async () => {
    const token = await region.makeToken(site.id);
    const before = (await agentsNow()).length;
    const keys = await Promise.all(Array.from({ length: 10 }, makeTestAgentKeys));
    const answers = await Promise.all(keys.map((each) => enrol(region, each, token)));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([201, ...Array(9).fill(401)]);
    for (const answer of answers.filter(({ status }) => status === 401)) {
      expect(await codeOf(answer)).toBe("join_token.used");
    }
    expect((await agentsNow()).length).toBe(before + 1);
  });

  test("expires", async () => {
    const token = await region.makeToken(site.id, 60);
    region.advance(60);
    expect(await codeOf(await enrol(region, await makeTestAgentKeys(), token)))
      .toBe("join_token.expired");
  });

  test("that is unknown and one with a wrong secret get the same answer", async () => {
    const token = await region.makeToken(site.id);
    const [, id, secret, thumbprint] = /^(rwj_[^_]+_)([^_]+)(_.*)$/.exec(token) ?? [];
    const flipped = (secret?.startsWith("0") ? "1" : "0") + secret?.slice(1);
    const wrong = `${id}${flipped}${thumbprint}`;
    const unknown = `rwj_zzzzzzzz_${secret}${thumbprint}`;
    const keys = await makeTestAgentKeys();
    const answers = [];
    for (const text of [wrong, unknown, "noise", ""]) {
      const { requestId: _, ...answer } = await (await enrol(region, keys, text)).json();
      answers.push(answer);
    }
    expect(answers[0]).toMatchObject({ status: 401, code: "join_token.invalid" });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect((await enrol(region, keys, token)).status).toBe(201); // and cost the real one nothing
  });

  test("is not used up by a wrong proof, a malformed body, or a key that is taken", async () => {
    const token = await region.makeToken(site.id);
    const keys = await makeTestAgentKeys();
    const other = await makeTestAgentKeys();
    const before = await region.dump();
    const attempts: [Promise<Response>, string][] = [
      [enrol(region, keys, token, { wrong: { bh: "x" } }), "proof.body_mismatch"],
      [enrol(region, keys, token, { wrong: { htm: "GET" } }), "proof.method"],
      [enrol(region, keys, token, { wrong: { iat: 1 } }), "proof.stale"],
      [
        enrol(region, keys, token, { override: { signingKey: other.signingJwk } }),
        "proof.key_mismatch",
      ],
      [enrol(region, keys, token, { override: { hostname: 7 } }), "request.malformed"],
      [
        enrol(region, keys, token, { override: { signingKey: { ...keys.signingJwk, d: "x" } } }),
        "request.malformed",
      ],
    ];
    for (const [answer, code] of attempts) expect(await codeOf(await answer)).toBe(code);
    const { keys: taken } = await joinSite(region, site.id);
    expect(await codeOf(await enrol(region, taken, token))).toBe("agent.key_taken");
    expect((await region.dump()).machines).toEqual(before.machines);
    expect((await enrol(region, keys, token)).status).toBe(201);
  });

  test("is stored as a hash only", async () => {
    const token = await region.makeToken(site.id);
    const dump = JSON.stringify((await region.dump()).join_tokens);
    expect(dump).not.toContain(token.split("_")[2]);
  });
});

test("an enrolment's body is read only so far", async () => {
  const keys = await makeTestAgentKeys();
  const answer = await enrol(region, keys, "x", { override: { hostname: "x".repeat(20_000) } });
  expect(await codeOf(answer)).toBe("request.too_large");
});

describe("a credential", () => {
  const statePath = () => `/sites/${site.id}/state`;

  test("is needed, and so is a proof", async () => {
    const agent = await joinSite(region, site.id);
    const code = async (headers: Record<string, string>) => {
      const response = await agent.request("GET", statePath(), { headers });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toMatch(/^DPoP/);
      return await codeOf(response);
    };
    expect(await code({ authorization: "" })).toBe("credential.missing");
    expect(await code({ authorization: `Bearer ${agent.credential}` })).toBe("credential.missing");
    expect(await code({ authorization: "DPoP x" })).toBe("credential.malformed");
    expect(await code({ dpop: "" })).toBe("proof.missing");
  });

  test("is worth nothing in another agent's hands", async () => {
    const [agent, thief] = [await joinSite(region, site.id), await joinSite(region, site.id)];
    thief.credential = agent.credential;
    expect(await codeOf(await thief.request("GET", statePath()))).toBe("credential.key_mismatch");
  });

  test("is worth nothing at another site", async () => {
    const other = await region.makeSite("Elsewhere");
    const agent = await joinSite(region, site.id);
    expect(await codeOf(await agent.request("GET", `/sites/${other.id}/state`)))
      .toBe("credential.wrong_site");
  });

  test("that ran out gets a new one, however long the site was cut off", async () => {
    const agent = await joinSite(region, site.id);
    region.advance(72 * 3600);
    expect(await codeOf(await agent.request("GET", statePath()))).toBe("credential.expired");
    const renewed = await agent.request("POST", "/credential");
    expect(renewed.status).toBe(200);
    agent.credential = (await renewed.json()).credential;
    expect((await agent.request("GET", statePath())).status).toBe(200);
    // An idle agent's only sign of life.
    const { renewedAt } = await findAgent(region.ctx.db, agent.enrolled.agentId) ?? {};
    expect(renewedAt).toEqual(region.ctx.now());
  });

  test("is refused with the region's time when the agent's clock is wrong", async () => {
    const agent = await joinSite(region, site.id);
    const iat = Math.floor(region.ctx.now().getTime() / 1000) - 300;
    const refused = await agent.request("GET", statePath(), { wrong: { iat } });
    expect(await refused.json()).toMatchObject({
      code: "proof.stale",
      now: region.ctx.now().toISOString(),
    });
  });

  test("of a revoked agent opens nothing, at once and for good", async () => {
    const agent = await joinSite(region, site.id);
    const { agentId } = agent.enrolled;
    await revokeAgent(region.ctx, ADMIN, agentId);
    const facts = { agentId, firstSeq: 1, facts: [] };
    for (
      const [method, path, body] of [
        ["GET", statePath(), undefined],
        ["POST", "/credential", undefined],
        ["POST", "/facts", facts],
        ["GET", `/blobs/${"0".repeat(64)}`, undefined],
      ] as const
    ) {
      expect(await codeOf(await agent.request(method, path, { body }))).toBe("credential.revoked");
    }
    // Long after the list of revocations has forgotten it, the database has not.
    region.advance(30 * 24 * 3600);
    await tick(region.ctx);
    expect(await codeOf(await agent.request("GET", statePath()))).toBe("credential.expired");
    expect(await codeOf(await agent.request("POST", "/credential"))).toBe("credential.revoked");
  });

  test("of a revoked agent is refused by the database too, where the list was lost", async () => {
    const agent = await joinSite(region, site.id);
    await revokeAgent(region.ctx, ADMIN, agent.enrolled.agentId);
    await region.ctx.objectStore.delete("agents/revoked");
    await expect(agent.report({ kind: "agent.started", version: "1" }))
      .rejects.toThrow("credential.revoked");
    expect(await codeOf(await agent.request("POST", "/credential"))).toBe("credential.revoked");
    await tick(region.ctx); // writes the list again
    expect(await codeOf(await agent.request("GET", statePath()))).toBe("credential.revoked");
  });

  test("of nobody is accepted while the list of revocations cannot be read", async () => {
    const agent = await joinSite(region, site.id);
    await region.ctx.objectStore.put("agents/revoked", new TextEncoder().encode("{"));
    const refused = await agent.request("GET", statePath());
    expect(refused.status).toBe(503);
    expect(await codeOf(refused)).toBe("agents.revocations_unreadable");
    await tick(region.ctx);
    expect((await agent.request("GET", statePath())).status).toBe(200);
  });
});

test("tick() forgets expired sessions and old join tokens, and only those", async () => {
  await region.makeToken(site.id, 60);
  const fresh = await region.makeToken(site.id, 90 * 24 * 3600);
  await region.ctx.db.execute(sql`insert into users (id, username, password_hash, role, created_at)
    values (1, 'admin', 'x', 'admin', now())`);
  const now = region.ctx.now().getTime();
  for (const [hash, offset] of [["old", -1000], ["new", 1000]] as const) {
    await region.ctx.db.execute(sql`insert into sessions
      (token_hash, user_id, created_at, last_used_at, idle_seconds, expires_at)
      values (${hash}, 1, now(), now(), 7200, ${new Date(now + offset).toISOString()})`);
  }
  region.advance(31 * 24 * 3600 + 60);
  await region.ctx.db.execute(sql`update sessions set expires_at = expires_at
    + interval '31 days 60 seconds' where token_hash = 'new'`);
  await tick(region.ctx);
  const tokens = (await region.dump()).join_tokens as { id: string }[];
  expect(tokens.map(({ id }) => id)).toEqual([fresh.split("_")[1]]);
  const left = await region.ctx.db.execute(sql`select token_hash from sessions`);
  expect((left as unknown as { rows: unknown[] }).rows).toEqual([{ token_hash: "new" }]);
});
