import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { tick } from "@/region/reconcilers/tick.ts";
import { DEFAULT_SETTINGS } from "@/region/domain/settings/settings_table.ts";
import { makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
import { PASSWORD, type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";
import { readSiteDocument } from "./site_document.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());

const DAY_MS = 24 * 3_600_000;
const set = (name: string, value: unknown, headers: Record<string, string> = {}) =>
  region.call(`PATCH /api/v1/settings/${name}`, { body: { value }, headers });
const reset = (name: string) => region.call(`DELETE /api/v1/settings/${name}`);

async function count(table: string): Promise<number> {
  const { rows } = await region.ctx.db.execute(
    sql`SELECT count(*)::int AS count FROM ${sql.identifier(table)}`,
  ) as unknown as { rows: { count: number }[] };
  return rows[0]?.count ?? 0;
}

describe("a setting", () => {
  test("is listed with its default and limits, set, and put back", async () => {
    const { body } = await region.call("GET /api/v1/settings");
    const names = body.settings.map(({ name }: { name: string }) => name);
    expect(names).toEqual(Object.keys(DEFAULT_SETTINGS));
    expect(body.settings.every(({ isDefault }: { isDefault: boolean }) => isDefault)).toBe(true);

    const first = await region.call("GET /api/v1/settings/sessionHours");
    expect([first.body.value, first.headers.get("etag")]).toEqual([12, '"0"']);
    const changed = await set("sessionHours", 3, { "if-match": '"0"' });
    expect(changed.body).toMatchObject({ value: 3, default: 12, isDefault: false, version: 1 });
    const late = await set("sessionHours", 4, { "if-match": '"0"' });
    expect([late.status, late.body.code]).toEqual([412, "precondition.failed"]);
    const back = await reset("sessionHours");
    expect(back.body).toMatchObject({ value: 12, isDefault: true, version: 2 });

    const audit = await region.call("GET /api/v1/audit?kind=setting&objectId=sessionHours");
    expect(audit.body.entries).toMatchObject([
      { action: "setting.reset", before: { value: 3 }, after: { value: 12 } },
      { action: "setting.update", username: "admin", before: { value: 12 }, after: { value: 3 } },
    ]);
  });

  test("says what it takes when it refuses", async () => {
    const refused = await set("deployMinutes", 5);
    expect([refused.status, refused.body.code]).toEqual([400, "setting.value_refused"]);
    expect(refused.body).toMatchObject({
      field: "value",
      value: "5",
      accepted: "a whole number from 10 to 10080",
    });
    expect((await set("auditDaysKept", null)).status).toBe(200);
    expect((await set("deployMinutes", null)).status).toBe(400);
    expect((await set("colour", 1)).body.code).toBe("setting.missing");
  });

  test("changed by two at once has one winner, whose value stays", async () => {
    await reset("leaseSeconds");
    const { version } = (await region.call("GET /api/v1/settings/leaseSeconds")).body;
    const answers = await Promise.all(
      [600, 601, 602, 603].map((value) =>
        set("leaseSeconds", value, { "if-match": `"${version}"` })
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
    const { body } = await region.call("GET /api/v1/settings/leaseSeconds");
    expect(body.value).toBe(answers.find(({ status }) => status === 200)?.body.value);
  });
});

describe("takes effect:", () => {
  test("how long a session lasts", async () => {
    await set("sessionHours", 1);
    await set("sessionIdleMinutes", 5);
    const body = { username: "operator", password: PASSWORD };
    const opened = await region.call("POST /api/v1/sessions", { as: null, body });
    expect(Date.parse(opened.body.expiresAt) - region.ctx.now().getTime()).toBe(3_600_000);
    const as = { token: opened.body.token };
    expect((await region.call("GET /api/v1/sessions", { as })).body.sessions.at(-1).idleSeconds)
      .toBe(300);
    region.advance(301_000);
    expect((await region.call("GET /api/v1/me", { as })).status).toBe(401);
  });

  test("what new sites and subnets begin with", async () => {
    await set("enlistsByDefault", false);
    await set("leaseSeconds", 1234);
    const site = await region.call("POST /api/v1/sites", { body: { name: "quiet" } });
    expect(site.body.enlist).toBe(false);
    const told = await region.call("POST /api/v1/sites", { body: { name: "told", enlist: true } });
    expect(told.body.enlist).toBe(true);
    const subnet = await region.call("POST /api/v1/subnets", {
      body: { siteId: site.body.id, cidr: "10.77.0.0/24" },
    });
    expect(subnet.body.leaseSeconds).toBe(1234);
  });

  test("the documents of sites that are there, at once", async () => {
    const siteId = await makeSite(region);
    await region.call("POST /api/v1/subnets", { body: { siteId, cidr: "10.78.0.0/24" } });
    await makeImage(region);
    await set("dnsServers", ["10.9.9.9"]);
    await set("kernelOptions", "iommu=pt");
    const state = await readSiteDocument(region, siteId);
    expect(state.subnets).toMatchObject([{ dnsServers: ["10.9.9.9"] }]);
    expect(state.images[0]?.kernelOptions).toBe("iommu=pt");
    await reset("kernelOptions");
    expect((await readSiteDocument(region, siteId)).images[0]?.kernelOptions).toBe("");
  });

  test("what is deployed when no image is named, with which kernel options, until when", async () => {
    const siteId = await makeSite(region);
    const imageId = await makeImage(region); // os "test", release "1"
    const systemId = await makeMachine(region, siteId);
    const deploy = () => region.call(`POST /api/v1/machines/${systemId}/deploy`, { body: {} });
    expect((await deploy()).body.code).toBe("deploy.image_missing");
    await set("deployRelease", "test/2");
    expect((await deploy()).body.code).toBe("images.none_of_release");
    await set("deployRelease", "test/1");
    await set("kernelOptions", "console=ttyS1");
    await set("deployMinutes", 30);
    const { status, body, text } = await deploy();
    expect(status, text).toBe(202);
    expect(body.operation.imageId).toBe(imageId);
    expect(Date.parse(body.operation.deadlineAt) - region.ctx.now().getTime()).toBe(30 * 60_000);
    const { rows } = await region.ctx.db.execute(
      sql`SELECT install_script AS script FROM operations WHERE id = ${body.operation.id}`,
    ) as unknown as { rows: { script: string }[] };
    expect(rows[0]?.script).toContain("console=ttyS1");
  });

  test("how disks are laid out for which nobody asked for anything", async () => {
    const systemId = await makeMachine(region, await makeSite(region));
    const other = await makeMachine(region, await makeSite(region));
    const storageOf = async (id: string) =>
      (await region.call(`GET /api/v1/machines/${id}/storage`)).body;
    await region.call(`PUT /api/v1/machines/${other}/storage`, { body: { layout: "flat" } });
    await set("storageLayout", "lvm");
    const { wish, plan } = await storageOf(systemId);
    expect([wish, plan.volumeGroups[0]?.name]).toEqual([{ layout: "lvm" }, "vgroot"]);
    expect((await storageOf(other)).wish).toEqual({ layout: "flat" });
    await set("deployRelease", "test/1");
    const { body } = await region.call(`POST /api/v1/machines/${systemId}/deploy`, { body: {} });
    const { rows } = await region.ctx.db.execute(
      sql`SELECT install_script AS script FROM operations WHERE id = ${body.operation.id}`,
    ) as unknown as { rows: { script: string }[] };
    expect(rows[0]?.script).toContain("vgcreate");
  });

  test("which system machines are commissioned in", async () => {
    const siteId = await makeSite(region);
    await makeImage(region, { architecture: "arm64" });
    await region.ctx.db.execute(sql`UPDATE images SET release = 'old' WHERE id = ${await makeImage(
      region,
      { architecture: "arm64" },
    )}`);
    const commission = async () => {
      const systemId = await makeMachine(region, siteId, { architecture: "arm64", status: "New" });
      const { body } = await region.call(`POST /api/v1/machines/${systemId}/commission`);
      return body.operation.imageId;
    };
    const newest = await commission();
    await set("commissioningRelease", "test/1");
    expect(await commission()).not.toBe(newest);
    await set("commissioningRelease", "test/never");
    expect(await commission()).toBe(newest);
  });

  test("how many runs of scripts are kept", async () => {
    await set("scriptRunsKept", 2);
    const options = { status: "New", hasBmc: false } as const; // aborting has nothing to switch
    const systemId = await makeMachine(region, await makeSite(region), options);
    const operations = [];
    for (let i = 0; i < 4; i++) {
      const { body, text } = await region.call(`POST /api/v1/machines/${systemId}/commission`);
      expect(body.operation?.id, text).toBeDefined();
      operations.push(body.operation.id);
      await region.call(`POST /api/v1/machines/${systemId}/abort`);
    }
    const { body } = await region.call(`GET /api/v1/machines/${systemId}/script-results`);
    const kept = new Set(body.scriptResults.map((each: { operation: string }) => each.operation));
    expect(kept).toEqual(new Set(operations.slice(-2)));
  });
});

describe("the next tick removes what is older than it is kept:", () => {
  test("events and facts, but not the young", async () => {
    const siteId = await makeSite(region);
    const { ctx } = region;
    const now = ctx.now().getTime();
    await ctx.db.execute(sql`DELETE FROM events`);
    for (const days of [400, 200, 1]) {
      const at = new Date(now - days * DAY_MS).toISOString();
      await ctx.db.execute(sql`INSERT INTO events (at, site_id, level, code, message)
        VALUES (${at}, ${siteId}, 'info', 'test.old', 'old')`);
      await ctx.db.execute(sql`INSERT INTO agents
        (id, site_id, hostname, signing_jwk, jkt, encryption_jwk, version, enrolled_at)
        VALUES (${`a-${days}`}, ${siteId}, 'rack', '{}', ${`jkt ${days}`}, '{}', '1', ${at})`);
      await ctx.db.execute(sql`INSERT INTO facts (agent_id, seq, at, kind, body, received_at)
        VALUES (${`a-${days}`}, 1, ${at}, 'x', '{}', ${at})`);
    }
    await tick(ctx);
    expect([await count("events"), await count("facts")]).toEqual([2, 2]);
    await set("eventDaysKept", 100);
    await set("factDaysKept", null);
    await tick(ctx);
    expect([await count("events"), await count("facts")]).toEqual([1, 2]);
  });

  test("the audit, only when told to, and it stays verifiable", async () => {
    await tick(region.ctx); // seals
    const before = await count("audit_entries");
    region.advance(45 * DAY_MS);
    await region.call("POST /api/v1/sites", { body: { name: "young" } });
    await tick(region.ctx);
    expect(await count("audit_entries")).toBe(before + 1);
    await set("auditDaysKept", 30);
    await tick(region.ctx);
    const left = await count("audit_entries");
    expect(left).toBe(2); // the young site, and the setting itself
    const { body } = await region.call("GET /api/v1/audit/verification");
    expect(body).toMatchObject({ isIntact: true, checked: 2, base: { position: before } });
    await tick(region.ctx);
    expect(await count("audit_entries")).toBe(left);
  });
});
