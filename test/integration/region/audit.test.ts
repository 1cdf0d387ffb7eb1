import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { tick } from "@/region/reconcilers/tick.ts";
import { cutChain } from "@/region/services/audit/cut_chain.ts";
import { sealEntries } from "@/region/services/audit/seal_entries.ts";
import { makeRegionSecrets } from "@/region/services/secrets/region_secrets.ts";
import { type ChainReport, verifyChain } from "@/region/services/audit/verify_chain.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());

const makeSites = async (names: string[]) => {
  for (const name of names) await region.call("POST /api/v1/sites", { body: { name } });
};
const verify = async () => (await region.call("GET /api/v1/audit/verification")).body;

/** What verification says of a chain that somebody changed behind the region's back; it is put back. */
async function verifyTampered(statement: ReturnType<typeof sql>): Promise<ChainReport | undefined> {
  const rollback = new Error("put back");
  let report: ChainReport | undefined;
  await region.ctx.db.transaction(async (tx) => {
    await tx.execute(statement);
    report = await verifyChain({ ...region.ctx, db: tx });
    throw rollback;
  }).catch((error) => {
    if (error !== rollback) throw error;
  });
  return report;
}

describe("the audit", () => {
  test("says who did what from where, before and after, and is filtered", async () => {
    const made = await region.call("POST /api/v1/sites", {
      body: { name: "first" },
      from: "192.0.2.7",
    });
    const route = `/api/v1/sites/${made.body.id}`;
    await region.call(`PATCH ${route}`, { body: { enlist: false } });
    const { body } = await region.call(`GET /api/v1/audit?kind=site&objectId=${made.body.id}`);
    expect(body.entries).toMatchObject([
      { action: "site.update", before: { enlist: true }, after: { enlist: false } },
      {
        action: "site.create",
        username: "admin",
        remoteAddress: "192.0.2.7",
        objectName: "first",
        before: null,
      },
    ]);
    for (const query of ["action=site.create", "kind=site", "since=2026-01-02T03:04:05Z"]) {
      const found = await region.call(`GET /api/v1/audit?${query}`);
      expect(found.body.entries.length, query).toBeGreaterThan(0);
    }
    for (const query of ["kind=nothing", "userId=9999", "until=2026-01-02T03:04:05Z"]) {
      expect((await region.call(`GET /api/v1/audit?${query}`)).body.entries, query).toEqual([]);
    }
    const first = await region.call("GET /api/v1/audit?limit=1");
    const next = await region.call(`GET /api/v1/audit?limit=1&cursor=${first.body.nextCursor}`);
    expect(next.body.entries[0].id).toBeLessThan(first.body.entries[0].id);
  });

  test.each(["since=0000-01-01T00:00:00Z", "until=9999-12-31T23:59:59-12:00", "since=yesterday"])(
    "refuses times that no database holds: %s",
    async (query) => {
      expect((await region.call(`GET /api/v1/audit?${query}`)).status).toBe(400);
    },
  );
});

describe("the chain", () => {
  test("is sealed by the next tick, and is intact", async () => {
    await makeSites(["a", "b", "c"]);
    await tick(region.ctx);
    const { body } = await region.call("GET /api/v1/audit?limit=200");
    const positions = body.entries.map((entry: { position: number }) => entry.position);
    expect(positions).toEqual(positions.map((_: number, i: number) => positions.length - i));
    expect(await verify()).toMatchObject({
      isIntact: true,
      checked: positions.length,
      firstBroken: null,
      head: { position: positions.length, hash: body.entries[0].hash },
    });
  });

  test("stays whole when many regions write and seal at once", async () => {
    await Promise.all(Array.from({ length: 12 }, async (_, i) => {
      await makeSites([`many${i}`]);
      await sealEntries(region.ctx);
    }));
    expect(await verify()).toMatchObject({ isIntact: true });
  });

  test("is found intact also while others write and seal", async () => {
    let isOver = false;
    const others = (async () => {
      for (let i = 0; i < 60; i++) {
        await makeSites([`busy${i}`]);
        await sealEntries(region.ctx);
      }
      isOver = true;
    })();
    while (!isOver) expect((await verifyChain(region.ctx)).firstBroken).toBeNull();
    await others;
  });

  test.each([
    ["a name is changed", sql`UPDATE audit_entries SET username = 'eve' WHERE position = 3`, [
      3,
      "changed",
    ]],
    [
      "what was before is changed",
      sql`UPDATE audit_entries SET before = '{"x":1}' WHERE position = 4`,
      [4, "changed"],
    ],
    ["an entry is removed", sql`DELETE FROM audit_entries WHERE position = 5`, [5, "missing"]],
    ["the first is removed", sql`DELETE FROM audit_entries WHERE position = 1`, [1, "missing"]],
    [
      "the last is removed",
      sql`DELETE FROM audit_entries WHERE position = (SELECT max(position) FROM audit_entries)`,
      [expect.any(Number), "missing"],
    ],
    [
      "a seal is replaced by one that the region never signed",
      sql`UPDATE audit_seals SET signed = 'a.b.c' WHERE position = (SELECT min(position) FROM audit_seals)`,
      [expect.any(Number), "bad_seal"],
    ],
    [
      "the beginning is removed and a base is claimed",
      sql`WITH gone AS (DELETE FROM audit_entries WHERE position <= (SELECT min(position) FROM audit_seals))
        UPDATE audit_seals SET is_base = true WHERE position = (SELECT min(position) FROM audit_seals)`,
      [expect.any(Number), "bad_seal"],
    ],
    ["all seals are removed", sql`DELETE FROM audit_seals`, [expect.any(Number), "bad_seal"]],
  ])("is found broken where %s", async (_what, statement, [position, reason]) => {
    const report = await verifyTampered(statement);
    expect(report).toMatchObject({ isIntact: false, firstBroken: { position, reason } });
    expect(await verify()).toMatchObject({ isIntact: true });
  });

  test("made anew by somebody without the region's key is found broken", async () => {
    const forger = { ...region.ctx, secrets: await makeRegionSecrets(region.ctx.randomBytes) };
    const rollback = new Error("put back");
    await expect(region.ctx.db.transaction(async (tx) => {
      await tx.execute(sql`DELETE FROM audit_seals`);
      await tx.execute(sql`UPDATE audit_entries SET position = NULL, hash = NULL`);
      await tx.execute(sql`UPDATE audit_entries SET username = 'eve' WHERE id = 2`);
      await sealEntries({ ...forger, db: tx });
      expect(await verifyChain({ ...forger, db: tx })).toMatchObject({ isIntact: true });
      expect(await verifyChain({ ...region.ctx, db: tx })).toMatchObject({
        isIntact: false,
        firstBroken: { reason: "bad_seal" },
      });
      throw rollback;
    })).rejects.toThrow(rollback);
  });

  test("is cut where a seal stands, and is intact behind it", async () => {
    region.advance(40 * 86_400_000);
    await makeSites(["young1", "young2"]);
    await sealEntries(region.ctx);
    const before = await verify();
    const cut = await cutChain(region.ctx, new Date(region.ctx.now().getTime() - 30 * 86_400_000));
    expect(cut).toBeGreaterThan(5);
    expect(await verify()).toMatchObject({
      isIntact: true,
      base: { position: cut },
      head: before.head,
    });
    expect(await cutChain(region.ctx, new Date(0))).toBe(0);
    const stolen = await verifyTampered(
      sql`DELETE FROM audit_entries WHERE position = ${cut + 1}`,
    );
    expect(stolen).toMatchObject({ firstBroken: { position: cut + 1, reason: "missing" } });
  });
});
