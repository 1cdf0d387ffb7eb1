import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { eq } from "drizzle-orm";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import { type MachineBmc, machines } from "@/region/db/schema/machines.ts";
import { publishSiteState } from "@/region/services/sites/publish_state.ts";
import { sealUnder, unsealText } from "@/region/tokens/seal.ts";
import { openSiteKey } from "@/region/tokens/site_key.ts";
import { SiteState } from "@/shared/contract/site_state.ts";
import { type RegionUnderTest, startRegion } from "./region_under_test.ts";
import { eventsOf, machineNow } from "./rows.ts";
import { seedMachine } from "./seeds.ts";
import { joinSite, type TestAgent } from "./test_agent.ts";

let region: RegionUnderTest;
let siteId: string;
let agent: TestAgent;
let made = 0;
beforeAll(async () => {
  region = await startRegion();
});
beforeEach(async () => {
  siteId = (await region.makeSite(`Site ${++made}`)).id;
  agent = await joinSite(region, siteId);
});
afterAll(() => region.dispose());

const SHA256 = "ab".repeat(32);
const SECRET = "planted-Secret-7";

async function siteKey() {
  const site = await findSite(region.ctx.db, siteId);
  if (!site) throw new Error("the site is gone");
  return await openSiteKey(region.ctx.secrets.sealKey, site);
}

async function machineWith(bmc: MachineBmc | null) {
  const machine = await seedMachine(region, siteId, "Ready");
  await region.ctx.db.update(machines).set({ bmc }).where(eq(machines.id, machine.id));
  await bumpGeneration(region.ctx.db, siteId);
  await publishSiteState(region.ctx, siteId);
  return machine;
}

async function redfish(more: { certificateSha256?: string } = {}): Promise<MachineBmc> {
  const sealedPassword = await sealUnder(region.ctx.secrets.sealKey, SECRET);
  const address = { kind: "redfish", address: "10.0.0.7", port: 443, username: "root" } as const;
  return { ...address, sealedPassword, ...more };
}

test("ways other than IPMI are in a field that an older agent does not know", async () => {
  await machineWith(await redfish());
  const [inState] = (await agent.state()).machines;
  expect(inState).not.toHaveProperty("bmc");
  expect(inState?.power).toMatchObject({ kind: "redfish", address: "10.0.0.7", port: 443 });
  const { sealedPassword } = inState?.power as unknown as { sealedPassword: string };
  expect(await unsealText(await siteKey(), sealedPassword)).toBe(SECRET);
  const older = SiteState.shape.machines.element.omit({ power: true });
  expect(older.parse(inState)).not.toHaveProperty("power");
});

test("IPMI's own further fields go beside those that every agent knows", async () => {
  const seal = (text: string) => sealUnder(region.ctx.secrets.sealKey, text);
  await machineWith({
    ...{ kind: "ipmi", address: "10.0.0.7", port: 623, username: "root" },
    ...{ sealedPassword: await seal(SECRET), sealedKg: await seal("kg!"), cipherSuite: 17 },
  });
  const [inState] = (await agent.state()).machines;
  expect(inState?.bmc).toMatchObject({ kind: "ipmi", cipherSuite: 17 });
  expect(await unsealText(await siteKey(), inState?.bmc?.sealedKg ?? "")).toBe("kg!");
  expect(inState).not.toHaveProperty("power");
});

test("the first certificate that a BMC shows is pinned, and no later one", async () => {
  const machine = await machineWith(await redfish());
  const { systemId } = machine;
  const seen = { kind: "bmc.certificate_seen", systemId, address: "10.0.0.7", port: 443 };
  await agent.report({ ...seen, address: "10.0.0.8", sha256: "cd".repeat(32) });
  expect((await machineNow(region, machine)).bmc).not.toHaveProperty("certificateSha256");
  await agent.report({ ...seen, sha256: SHA256 }, { ...seen, sha256: "cd".repeat(32) });
  expect((await machineNow(region, machine)).bmc).toMatchObject({ certificateSha256: SHA256 });
  const [inState] = (await agent.state()).machines;
  expect(inState?.power).toMatchObject({ certificateSha256: SHA256 });
  const events = (await eventsOf(region, machine)).map(({ code }) => code);
  expect(events.filter((code) => code === "bmc.certificate_pinned")).toHaveLength(1);
});

test("a BMC that a machine found itself is taken, unless a person was faster", async () => {
  const found = async (systemId: string) => ({
    ...{ kind: "bmc.found", systemId, address: "10.0.0.9", bmcMac: "52:54:00:00:00:09" },
    ...{ username: "rackwright", sealedPassword: await sealUnder(await siteKey(), SECRET) },
  });
  const bare = await machineWith(null);
  await agent.report(await found(bare.systemId));
  const { bmc } = await machineNow(region, bare);
  expect(bmc).toMatchObject({ kind: "ipmi", address: "10.0.0.9", username: "rackwright" });
  const sealed = bmc?.kind === "ipmi" ? bmc.sealedPassword : "";
  expect(await unsealText(region.ctx.secrets.sealKey, sealed)).toBe(SECRET);
  expect(JSON.stringify(await eventsOf(region, bare))).not.toContain(SECRET);

  const known = await machineWith(await redfish());
  await agent.report(await found(known.systemId));
  expect((await machineNow(region, known)).bmc).toMatchObject({ kind: "redfish" });
});
