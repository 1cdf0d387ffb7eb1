import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import type { RegionContext } from "@/region/context.ts";
import { SEALED_PLACES } from "@/region/db/queries/sealed_values.ts";
import {
  beginRotation,
  endRotation,
  refuseForeignSecrets,
  resealSecrets,
} from "@/region/services/secrets/rotate_seal_key.ts";
import { makeRegionSecrets } from "@/region/services/secrets/region_secrets.ts";
import { keyIdOf, unsealText } from "@/region/tokens/seal.ts";
import { openSiteKey } from "@/region/tokens/site_key.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
  const site = await region.call("POST /api/v1/sites", { body: { name: "here" } });
  for (let i = 0; i < 130; i++) {
    await region.call("POST /api/v1/machines", {
      body: {
        siteId: site.body.id,
        macs: [`52:54:00:00:01:${i.toString(16).padStart(2, "0")}`],
        bmc: { kind: "ipmi", address: "10.0.0.9", username: "root", password: `secret-${i}` },
      },
    });
  }
});
afterAll(() => region.stop());

async function rows<T>(statement: ReturnType<typeof sql>): Promise<T[]> {
  return (await region.ctx.db.execute(statement) as unknown as { rows: T[] }).rows;
}

const sealedPasswords = () =>
  rows<{ sealed: string }>(
    sql`SELECT bmc ->> 'sealedPassword' AS sealed FROM machines ORDER BY id`,
  );

async function openAll(secrets: RegionContext["secrets"]): Promise<string[]> {
  const found = await sealedPasswords();
  return await Promise.all(found.map(({ sealed }) => unsealText(secrets.sealKey, sealed)));
}

describe("the seal key", () => {
  test("is replaced: everything is sealed anew, also after an interruption", async () => {
    const { ctx } = region;
    const passwords = await openAll(ctx.secrets);
    expect(passwords[129]).toBe("secret-129");
    const begun = beginRotation(ctx.secrets, ctx.randomBytes);
    expect(begun.sealKey.id).not.toBe(ctx.secrets.sealKey.id);

    let writes = 0;
    const failing = new Proxy(ctx.db, {
      get: (db, name) => {
        if (name === "execute" && ++writes > 60) throw new Error("the power went");
        return Reflect.get(db, name);
      },
    });
    await expect(resealSecrets({ db: failing, secrets: begun })).rejects.toThrow(/power/);
    expect(await openAll(begun)).toEqual(passwords); // half of them by either key

    expect(beginRotation(begun, ctx.randomBytes)).toBe(begun); // goes on, and does not begin again
    const left = await resealSecrets({ db: ctx.db, secrets: begun });
    expect(left).toBeGreaterThan(50);
    expect(left).toBeLessThan(131);
    expect(await resealSecrets({ db: ctx.db, secrets: begun })).toBe(0);

    const ended = endRotation(begun);
    expect(await openAll(ended)).toEqual(passwords);
    await expect(openAll(ctx.secrets)).rejects.toThrow(/sealed under the key/);
    const [site] = await rows<{ id: string; sealed: string }>(
      sql`SELECT id, sealed_site_key AS sealed FROM sites`,
    );
    const opened = { id: String(site?.id), sealedSiteKey: String(site?.sealed) };
    expect((await openSiteKey(ended.sealKey, opened)).key).toHaveLength(32);
    await refuseForeignSecrets({ db: ctx.db, secrets: ended });
    await resealSecrets({
      db: ctx.db,
      secrets: { ...ctx.secrets, sealKey: { ...ctx.secrets.sealKey, retired: [ended.sealKey] } },
    });
  });

  test("that is missing is told at the start, with its id and how much it sealed", async () => {
    const { ctx } = region;
    await refuseForeignSecrets(ctx);
    const other = await makeRegionSecrets(ctx.randomBytes);
    await expect(refuseForeignSecrets({ db: ctx.db, secrets: other })).rejects.toMatchObject({
      code: "secrets.key_missing",
      message: expect.stringContaining(`131 by the key ${ctx.secrets.sealKey.id}`),
    });
  });

  test("is known for every column that holds something sealed", async () => {
    const columns = await rows<{ name: string }>(sql`
      SELECT table_name || '.' || column_name AS name FROM information_schema.columns
      WHERE table_schema = 'public' AND column_name LIKE 'sealed%'`);
    const known = SEALED_PLACES.map(({ table, column }) => `${table}.${column}`);
    expect(columns.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });

  test.each(["", "!", "eyJ", btoa("{}"), btoa(`{"kid":1}`)])(
    "is not found in what was not sealed: %s",
    (header) => {
      expect(keyIdOf(header)).toBeUndefined();
    },
  );
});
