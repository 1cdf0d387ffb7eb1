import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { insertAgent } from "@/region/db/queries/agents.ts";
import { openLease } from "@/region/db/queries/outcomes.ts";
import { DEFAULT_SETTINGS } from "@/region/domain/settings/settings_table.ts";
import { tick } from "@/region/reconcilers/tick.ts";
import { applyFacts } from "@/region/services/facts/apply_facts.ts";
import { followConditions } from "@/region/services/notifications/follow_conditions.ts";
import { beginRotation } from "@/region/services/secrets/rotate_seal_key.ts";
import { makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());
beforeEach(async () => {
  await region.ctx.db.execute(sql`DELETE FROM notifications`);
  await region.ctx.db.execute(sql`UPDATE agents SET revoked_at = now()`);
});

const MINUTE_MS = 60_000;
type Shown = { id: number; ident: string | null; category: string; message: string };

const shown = async (as: "admin" | "operator" | "viewer" = "admin", query = "") => {
  const { body, text } = await region.call(`GET /api/v1/notifications${query}`, { as });
  expect(body.notifications, text).toBeDefined();
  return body.notifications as Shown[];
};
const idents = async () => (await shown()).map(({ ident }) => ident);
const events = async (code: string) =>
  (await region.call(`GET /api/v1/events?code=${code}`)).body.events;

/** Later by so much, and the next tick. */
const later = async (ms: number) => {
  region.advance(ms);
  await tick(region.ctx);
};

let agents = 0;
async function makeAgent(siteId: string): Promise<string> {
  const id = `a-${++agents}`;
  await insertAgent(region.ctx.db, {
    id,
    siteId,
    hostname: `rack${agents}`,
    signingJwk: { kty: "OKP", crv: "Ed25519", x: "x" },
    jkt: `thumbprint ${agents}`,
    encryptionJwk: { kty: "OKP", crv: "X25519", x: "x" },
    version: "0.1.0",
    enrolledAt: region.ctx.now(),
  });
  return id;
}

let seq = 0;
const report = (agentId: string, siteId: string, fact: Record<string, unknown>) => {
  const at = region.ctx.now().toISOString();
  const facts = [{ seq: ++seq, at, monoMs: seq, kind: "work.progressed", ...fact }];
  return applyFacts(region.ctx, { agentId, siteId, jkt: "" }, { agentId, firstSeq: seq, facts });
};

describe("a condition", () => {
  test("of a site that is gone is told once, with an event, and goes away by itself", async () => {
    const siteId = await makeSite(region);
    const agentId = await makeAgent(siteId);
    await later(10 * 3600_000);
    expect(await idents()).toEqual([]); // it is idle, and has what it should have
    await region.call("POST /api/v1/subnets", { body: { siteId, cidr: "10.1.0.0/24" } });
    await later(MINUTE_MS);
    expect(await idents()).toEqual([]); // it may take that long
    await later(5 * MINUTE_MS);
    expect(await shown()).toMatchObject([
      { ident: `site.silent/${siteId}`, category: "error", context: { siteId } },
    ]);
    await later(5 * MINUTE_MS);
    expect(await idents()).toHaveLength(1);
    expect(await shown("operator")).toEqual([]);
    const raised = await events("notification.raised");
    expect(raised).toMatchObject([{ siteId, level: "error" }]);
    expect(raised[0].message).toContain("has not been heard of since");

    await report(agentId, siteId, { kind: "state.applied", generation: 2 });
    await later(MINUTE_MS + 1);
    expect(await idents()).toEqual([]);
    expect(await events("notification.ended")).toMatchObject([{ siteId, level: "info" }]);
  });

  test("of a range that is nearly full follows its numbers", async () => {
    const siteId = await makeSite(region);
    const subnet = await region.call("POST /api/v1/subnets", {
      body: { siteId, cidr: "10.2.0.0/24" },
    });
    const subnetId = subnet.body.id;
    await region.call("POST /api/v1/ip-ranges", {
      body: { subnetId, kind: "dynamic", first: "10.2.0.11", last: "10.2.0.20" },
    });
    const lease = (n: number) =>
      openLease(region.ctx.db, {
        siteId,
        ipv4: `10.2.0.${10 + n}`,
        mac: `52:54:00:00:02:${String(n).padStart(2, "0")}`,
        subnetId,
        hostname: null,
        givenAt: region.ctx.now(),
      });
    for (let n = 1; n <= 8; n++) await lease(n);
    await later(MINUTE_MS + 1);
    expect(await idents()).toEqual([]);
    await lease(9);
    await tick(region.ctx);
    expect(await idents()).toEqual([]); // not within the same minute
    await later(MINUTE_MS + 1);
    const [nearly] = await shown();
    expect(nearly).toMatchObject({ ident: `subnet.nearly_full/${subnetId}`, category: "warning" });
    expect(nearly?.message).toContain("9 of the 10 dynamic addresses of 10.2.0.0/24");
    await lease(10);
    await later(MINUTE_MS + 1);
    expect(await shown()).toMatchObject([{ id: nearly?.id, category: "error" }]);
    await region.ctx.db.execute(sql`DELETE FROM leases`);
    await later(MINUTE_MS + 1);
    expect(await idents()).toEqual([]);
  });

  test("of a webhook switched off, an interrupted rotation, or an old agent is told", async () => {
    const siteId = await makeSite(region);
    const agentId = await makeAgent(siteId);
    const hook = await region.call("POST /api/v1/webhooks", {
      body: { url: "https://hooks.example.com/secret-path" },
    });
    await region.ctx.db.execute(sql`UPDATE webhooks SET is_enabled = false,
      disabled_because = 'it has failed since yesterday' WHERE id = ${hook.body.id}`);
    region.advance(MINUTE_MS + 1);
    const { ctx } = region;
    const rotating = { ...ctx, secrets: beginRotation(ctx.secrets, ctx.randomBytes) };
    await followConditions(rotating, DEFAULT_SETTINGS, "0.9.0");
    expect(await idents()).toEqual([
      "secrets.rotation_pending",
      `agent.too_old/${agentId}`,
      `webhook.switched_off/${hook.body.id}`,
    ]);
    expect(JSON.stringify(await shown())).not.toContain("secret-path");
    const route = `PATCH /api/v1/webhooks/${hook.body.id}`;
    await region.call(route, { body: { isEnabled: true } });
    await later(MINUTE_MS + 1);
    expect(await idents()).toEqual([]);
  });

  test("is looked at by one region of many, and takes as many statements at any size", async () => {
    await later(MINUTE_MS + 1);
    region.advance(MINUTE_MS + 1);
    let reads = 0;
    const counting = new Proxy(region.ctx.db, {
      get: (db, name) => {
        if (name === "execute") reads++;
        return Reflect.get(db, name);
      },
    });
    const ctx = { ...region.ctx, db: counting };
    await Promise.all(
      [1, 2, 3, 4].map(() => followConditions(ctx, DEFAULT_SETTINGS, "0.1.0")),
    );
    expect(reads).toBe(2); // those of sites and ranges, by one of the four
  });
});

describe("an agent's alarm", () => {
  const alarm = { kind: "alarm.raised", code: "dhcp.other_server" };

  test("is told until an hour after the last one", async () => {
    const siteId = await makeSite(region);
    const agentId = await makeAgent(siteId);
    await report(agentId, siteId, { ...alarm, message: "10.0.0.66 answers DHCP on eth1 too" });
    const [told] = await shown();
    expect(told).toMatchObject({
      ident: `site.alarm/${siteId}/dhcp.other_server`,
      category: "warning",
      message: expect.stringMatching(/^site \d+: 10.0.0.66 answers DHCP on eth1 too$/),
    });
    await later(50 * MINUTE_MS);
    await report(agentId, siteId, { ...alarm, message: "10.0.0.66 answers again" });
    await later(50 * MINUTE_MS);
    expect(await shown()).toMatchObject([{ id: told?.id }]);
    const raised = await events("notification.raised");
    expect(raised.filter((each: { siteId: string }) => each.siteId === siteId)).toHaveLength(1);
    await later(11 * MINUTE_MS);
    expect(await idents()).toEqual([]);
  });

  test("of days ago, told now that the link is back, is only history", async () => {
    const siteId = await makeSite(region);
    const agentId = await makeAgent(siteId);
    const at = new Date(region.ctx.now().getTime() - 72 * 3_600_000).toISOString();
    await report(agentId, siteId, { ...alarm, at, message: "long ago" });
    expect(await idents()).toEqual([]);
    const ahead = new Date(region.ctx.now().getTime() + 72 * 3_600_000).toISOString();
    await report(agentId, siteId, { ...alarm, at: ahead, message: "the clock is wrong" });
    await later(61 * MINUTE_MS);
    expect(await idents()).toEqual([]);
  });
});

describe("a message of an admin", () => {
  const create = (body: Record<string, unknown>) =>
    region.call("POST /api/v1/notifications", { body: { message: "hear, hear", ...body } });

  test("is for admins, for the others, or for one person", async () => {
    const { body: me } = await region.call("GET /api/v1/me", { as: "viewer" });
    await create({ forAdmins: true, message: "a" });
    await create({ forUsers: true, message: "u" });
    await create({ userId: me.id, message: "v", context: { rack: 7 } });
    await create({ forAdmins: true, forUsers: true, message: "b", expiresInSeconds: 60 });
    const messages = async (...args: Parameters<typeof shown>) =>
      (await shown(...args)).map(({ message }) => message);
    expect(await messages("admin")).toEqual(["a", "b"]);
    expect(await messages("operator")).toEqual(["u", "b"]);
    expect(await messages("viewer")).toEqual(["u", "v", "b"]);
    expect(await messages("admin", "?everybodys=true")).toEqual(["a", "u", "v", "b"]);
    expect(await events("notification.created")).toHaveLength(4);
    region.advance(60_000);
    expect(await messages("operator")).toEqual(["u"]);
    const forbidden = await region.call("GET /api/v1/notifications?everybodys=true", {
      as: "operator",
    });
    expect(forbidden.status).toBe(403);
    const page = await region.call("GET /api/v1/notifications?everybodys=true&limit=2");
    const cursor = encodeURIComponent(page.body.nextCursor);
    expect(await messages("admin", `?everybodys=true&limit=2&cursor=${cursor}`)).toEqual(["v"]);
  });

  test.each([{}, { userId: 1, forUsers: true }, { userId: 99_999 }])(
    "for nobody, or for whom is not clear, is refused: %j",
    async (whom) => {
      const { status, body } = await create(whom);
      expect([400, 409]).toContain(status);
      expect(body.code).toMatch(/^notification\.(for_whom|no_such_user)$/);
    },
  );

  test("is put away by each for themselves, and taken back by an admin", async () => {
    const { body: { id } } = await create({ forUsers: true });
    const dismiss = (as: "admin" | "operator" | "viewer") =>
      region.call(`POST /api/v1/notifications/${id}/dismiss`, { as });
    expect((await dismiss("operator")).status).toBe(204);
    expect((await dismiss("operator")).status).toBe(204);
    expect((await dismiss("admin")).body.code).toBe("notification.missing"); // not for admins
    expect(await shown("operator")).toEqual([]);
    expect(await shown("operator", "?dismissed=true")).toHaveLength(1);
    expect(await shown("viewer")).toHaveLength(1);
    const audit = await region.call(
      "GET /api/v1/audit?kind=notification&action=notification.dismiss",
    );
    expect(audit.body.entries[0]).toMatchObject({ username: "operator", objectId: String(id) });
    expect((await region.call(`DELETE /api/v1/notifications/${id}`)).status).toBe(204);
    expect(await shown("viewer")).toEqual([]);
    const stays = await create({ forUsers: true, isDismissable: false });
    const refused = await region.call(`POST /api/v1/notifications/${stays.body.id}/dismiss`, {
      as: "viewer",
    });
    expect([refused.status, refused.body.code]).toEqual([409, "notification.not_dismissable"]);
  });

  test("cannot be removed where the region says it of a condition, but put away", async () => {
    const siteId = await makeSite(region);
    const agentId = await makeAgent(siteId);
    await report(agentId, siteId, { kind: "alarm.raised", code: "x.y", message: "look" });
    const [{ id }] = await shown() as [Shown];
    const refused = await region.call(`DELETE /api/v1/notifications/${id}`);
    expect([refused.status, refused.body.code]).toEqual([409, "notification.of_condition"]);
    await region.call(`POST /api/v1/notifications/${id}/dismiss`);
    await report(agentId, siteId, { kind: "alarm.raised", code: "x.y", message: "look again" });
    expect(await shown()).toEqual([]);
  });
});
