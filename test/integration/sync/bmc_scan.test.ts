import { afterAll, beforeAll, expect, test } from "vitest";
import { eq } from "drizzle-orm";
import { endBmcScan, findBmcScan, insertBmcScan } from "@/region/db/queries/bmc_scans.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { machines } from "@/region/db/schema/machines.ts";
import { viewBmcScan } from "@/region/services/bmc_scans/read_bmc_scans.ts";
import { publishSiteState } from "@/region/services/sites/publish_state.ts";
import { type RegionUnderTest, startRegion } from "./region_under_test.ts";
import { seedMachine } from "./seeds.ts";
import { joinSite } from "./test_agent.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegion();
});
afterAll(() => region.dispose());

test("a scan is in the site's state until its end is told, once, by that site", async () => {
  const { db } = region.ctx;
  const { id: siteId } = await region.makeSite("Scanned");
  const other = await joinSite(region, (await region.makeSite("Other")).id);
  const agent = await joinSite(region, siteId);
  const machine = await seedMachine(region, siteId, "Ready");
  await insertBmcScan(db, { id: "b-1", siteId, cidr: "10.9.0.0/24", askedAt: region.ctx.now() });
  await bumpGeneration(db, siteId);
  await publishSiteState(region.ctx, siteId);
  expect((await agent.state()).bmcScans).toEqual([{ id: "b-1", cidr: "10.9.0.0/24" }]);

  await other.report({ kind: "bmc_scan.ended", scanId: "b-1", found: [] });
  expect((await findBmcScan(db, "b-1"))?.state).toBe("running");
  const found = [{ address: "10.9.0.1", kinds: ["ipmi"] }, {
    address: "10.9.0.2",
    kinds: ["redfish"],
  }];
  await agent.report({ kind: "bmc_scan.ended", scanId: "b-1", found });
  await agent.report({ kind: "bmc_scan.ended", scanId: "b-1", found: [], message: "again" });
  const scan = await findBmcScan(db, "b-1");
  if (!scan) throw new Error("the scan is gone");
  expect(await viewBmcScan(region.ctx, scan)).toMatchObject({
    state: "done",
    found: [{ address: "10.9.0.1", machine: machine.systemId }, { machine: null }],
  });
  expect((await agent.state()).bmcScans).toBeUndefined();
  await db.delete(machines).where(eq(machines.id, machine.id));
  expect(await endBmcScan(db, { id: "b-1", siteId }, { at: new Date(), message: null, found: [] }))
    .toBe(false);
});
