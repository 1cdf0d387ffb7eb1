import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findMachine } from "@/region/db/queries/machines.ts";
import { recordInventory } from "@/region/services/machines/record_inventory.ts";
import { INVENTORY, makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  siteId = await makeSite(region);
});
afterAll(() => region.stop());

const factsOf = async (systemId: string) => {
  const row = await findMachine(region.ctx.db, systemId);
  return [row?.cpuCount, row?.memoryMib, row?.diskCount, row?.storageBytes];
};

describe("what a machine is sorted and allocated by", () => {
  test("follows its inventory", async () => {
    const systemId = await makeMachine(region, siteId);
    expect(await factsOf(systemId)).toEqual([2, 2048, 2, 9 * 1024 ** 3]);
    const found = { ...INVENTORY, cpu: { cores: 8, threads: 16 }, memoryMib: 65_536, disks: [] };
    const machine = await findMachine(region.ctx.db, systemId);
    await recordInventory(region.ctx.db, machine?.id ?? 0, found);
    expect(await factsOf(systemId)).toEqual([16, 65_536, 0, 0]);
  });

  test("is zero before the first inventory", async () => {
    expect(await factsOf(await makeMachine(region, siteId, { inventory: null })))
      .toEqual([0, 0, 0, 0]);
  });

  test("is cut, not refused, where a machine reports nonsense", async () => {
    const huge = Number.MAX_SAFE_INTEGER;
    const disks = [1, 2, 3].map((n) => ({ name: `sd${n}`, path: `/dev/sd${n}`, bytes: huge }));
    const inventory = { ...INVENTORY, cpu: { cores: huge }, memoryMib: huge, disks };
    expect(await factsOf(await makeMachine(region, siteId, { inventory })))
      .toEqual([2 ** 31 - 1, 2 ** 31 - 1, 3, huge]);
  });
});
