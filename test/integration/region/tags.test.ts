import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { findMachine } from "@/region/db/queries/machines.ts";
import { tick } from "@/region/reconcilers/tick.ts";
import { enlistMachine } from "@/region/services/machines/enlist_machine.ts";
import { recordInventory } from "@/region/services/machines/record_inventory.ts";
import { readSiteDocument } from "./site_document.ts";
import { INVENTORY, makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  siteId = await makeSite(region);
});
afterAll(() => region.stop());

let made = 0;
const makeTag = (body: object) =>
  region.call("POST /api/v1/tags", { body: { name: `tag-${++made}`, ...body } });
const tagsOf = async (systemId: string): Promise<string[]> =>
  (await region.call(`GET /api/v1/machines/${systemId}`)).body.tags;
const big = { ...INVENTORY, memoryMib: 1_048_576 };

describe("an automatic tag", () => {
  test("is on the machines it is for as soon as it is made, and follows its definition", async () => {
    const [small, large] = [
      await makeMachine(region, siteId),
      await makeMachine(region, siteId, { inventory: big }),
    ];
    const never = await makeMachine(region, siteId, { inventory: null });
    const { status, body, headers } = await makeTag({ definition: "memoryMib > 1000000" });
    expect([status, body.isEvaluated, body.machineCount]).toEqual([201, true, 1]);
    expect(await tagsOf(large)).toEqual([body.name]);
    expect(await tagsOf(small)).toEqual([]);
    const route = `/api/v1/tags/${body.id}`;
    const changed = await region.call(`PATCH ${route}`, {
      body: { definition: "memoryMib < 1000000" },
      headers: { "if-match": headers.get("etag") ?? "" },
    });
    expect([changed.status, changed.body.machineCount]).toEqual([200, 1]);
    expect([await tagsOf(small), await tagsOf(large), await tagsOf(never)])
      .toEqual([[body.name], [], []]);
    const manual = await region.call(`PATCH ${route}`, { body: { definition: null } });
    expect(manual.body).toMatchObject({ definition: null, machineCount: 1, isEvaluated: true });
    await region.call(`DELETE ${route}`);
    expect(await tagsOf(small)).toEqual([]);
  });

  test("follows what commissioning and enlisting find", async () => {
    const { body } = await makeTag({ definition: "memoryMib > 1000000" });
    const systemId = await makeMachine(region, siteId);
    const id = (await findMachine(region.ctx.db, systemId))?.id ?? 0;
    await region.ctx.db.transaction((tx) => recordInventory(tx, id, big));
    expect(await tagsOf(systemId)).toEqual([body.name]);
    await region.ctx.db.transaction((tx) => recordInventory(tx, id, INVENTORY));
    expect(await tagsOf(systemId)).toEqual([]);
    const mac = "52:54:00:77:00:01";
    const inventory = { ...big, interfaces: [{ name: "eno1", mac }] };
    const enlisted = await region.ctx.db.transaction((tx) =>
      enlistMachine(region.ctx, tx, { siteId, mac, inventory, at: region.ctx.now() })
    );
    expect(await tagsOf(enlisted.systemId)).toEqual([body.name]);
    await region.call(`DELETE /api/v1/tags/${body.id}`);
  });

  test("is not put on or taken off by hand, but may be sent back in the list", async () => {
    const systemId = await makeMachine(region, siteId, { inventory: big });
    const automatic = (await makeTag({ definition: "memoryMib > 1000000" })).body;
    const other = (await makeTag({ definition: "memoryMib = 1" })).body;
    const manual = (await makeTag({})).body;
    const patch = (tags: unknown) =>
      region.call(`PATCH /api/v1/machines/${systemId}`, { body: { tags } });
    expect((await patch([automatic.name, manual.name])).body.tags)
      .toEqual([automatic.name, manual.name].sort());
    expect((await patch([])).body.tags).toEqual([automatic.name]);
    for (const tags of [[other.name], { remove: [automatic.name] }]) {
      const { status, body } = await patch(tags);
      expect([status, body.code]).toEqual([409, "tag.automatic"]);
    }
    await region.call(`DELETE /api/v1/tags/${automatic.id}`);
  });

  test("that means nothing is refused with the column", async () => {
    const { status, body } = await makeTag({ definition: 'cpu.model ~ "EPYC" and memory > 1' });
    expect([status, body.code, body.field, body.value])
      .toEqual([400, "tag.bad_definition", "definition", "memory"]);
    expect(body.detail).toMatch(/^column 24: there is no memory here; expected .*memoryMib/);
  });

  test("reaches a big fleet in slices, by ticks", async () => {
    // More machines than one request holds against a definition.
    const fleet = await makeSite(region);
    await region.ctx.db.execute(sql`
      INSERT INTO machines (system_id, site_id, hostname, architecture, status, status_changed_at,
        inventory, created_at)
      SELECT 'z' || lpad(n::text, 5, '0'), ${fleet}, 'fleet-' || n, 'amd64', 'Ready', now(),
        ${
      JSON.stringify(INVENTORY)
    }::jsonb || jsonb_build_object('memoryMib', 7000000 + n % 2), now()
      FROM generate_series(1, 12000) AS n`);
    const { body } = await makeTag({ definition: "memoryMib = 7000001" });
    expect(body).toMatchObject({ isEvaluated: false });
    expect(body.machineCount).toBeLessThan(6000);
    for (let i = 0; i < 3; i++) await tick(region.ctx);
    const done = (await region.call(`GET /api/v1/tags/${body.id}`)).body;
    expect(done).toMatchObject({ isEvaluated: true, machineCount: 6000 });
    expect(region.logged.filter(({ event }) => event === "tick.sweep_failed")).toEqual([]);
    await region.ctx.db.execute(sql`DELETE FROM machines WHERE site_id = ${fleet}`);
  }, 60_000);
});

describe("a preview", () => {
  test("says which machines a definition would be for, page by page, and changes nothing", async () => {
    const marked = { ...INVENTORY, memoryMib: 4321 };
    const fitting = [];
    for (let i = 0; i < 5; i++) {
      fitting.push(await makeMachine(region, siteId, { inventory: marked }));
      await makeMachine(region, siteId);
    }
    const seen: string[] = [];
    let cursor: string | null | undefined;
    for (let page = 0; page < 10 && cursor !== null; page++) {
      const { status, body } = await region.call("POST /api/v1/tags/preview", {
        as: "viewer",
        body: { definition: "memoryMib = 4321", limit: 2, ...(cursor ? { cursor } : {}) },
      });
      expect(status).toBe(200);
      expect(body.machines.length).toBeLessThanOrEqual(2);
      seen.push(...body.machines.map(({ systemId }: { systemId: string }) => systemId));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual(fitting);
    expect(await tagsOf(fitting[0] ?? "")).toEqual([]);
  });
});

describe("kernel options", () => {
  test("of tags, by name, are in the site's document and in the install plan", async () => {
    const site = await makeSite(region);
    const imageId = await makeImage(region);
    const systemId = await makeMachine(region, site);
    const plain = await makeMachine(region, site);
    const b = (await makeTag({ name: "b-tag", kernelOptions: "iommu=pt" })).body;
    await makeTag({ name: "a-tag", kernelOptions: "iommu=off quiet" });
    await region.call(`PATCH /api/v1/machines/${systemId}`, {
      body: { tags: ["b-tag", "a-tag"] },
    });
    const optionsOf = async (id: string) =>
      (await readSiteDocument(region, site)).machines.find((m) => m.systemId === id)?.kernelOptions;
    expect(await optionsOf(systemId)).toBe("iommu=off quiet iommu=pt");
    expect(await optionsOf(plain)).toBeUndefined();
    const { body } = await region.call(`POST /api/v1/machines/${systemId}/deploy`, {
      body: { imageId },
    });
    const detail = await region.call(`GET /api/v1/operations/${body.operation.id}`);
    expect(detail.body.installScript).toContain("ttyS0,115200 iommu=off quiet iommu=pt");
    await region.call(`PATCH /api/v1/tags/${b.id}`, { body: { kernelOptions: "iommu=soft" } });
    expect(await optionsOf(systemId)).toBe("iommu=off quiet iommu=soft");
    await region.call(`DELETE /api/v1/tags/${b.id}`);
    expect(await optionsOf(systemId)).toBe("iommu=off quiet");
  });

  test("that a boot loader would misread are refused", async () => {
    for (const kernelOptions of ['"', "a;b", "$x", "a\nb", "`id`"]) {
      const { status, body } = await makeTag({ kernelOptions });
      expect([status, body.code]).toEqual([400, "request.invalid"]);
    }
  });
});
