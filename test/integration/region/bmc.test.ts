import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findMachine } from "@/region/db/queries/machines.ts";
import { unsealText } from "@/region/tokens/seal.ts";
import { makeMachine, makeSite, sealedPasswordOf } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
let made = 0;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
beforeEach(async () => {
  siteId = await makeSite(region);
});
afterAll(() => region.stop());

const SECRET = "planted-Secret-7";
const SHA256 = "9a64aaec0505a5dc17be423bf1d680e7051b797850bba432a621883b80dad016";
const redfish = { kind: "redfish", address: "10.0.0.7", username: "root", password: SECRET };

async function create(bmc: unknown) {
  const macs = [`52:54:00:bc:00:${(++made).toString(16).padStart(2, "0")}`];
  return await region.call("POST /api/v1/machines", { body: { siteId, macs, bmc } });
}

describe("a machine's BMC", () => {
  test.each([
    [redfish, { kind: "redfish", address: "10.0.0.7", port: 443, username: "root" }],
    [
      { ...redfish, port: 8443, system: "node7", certificateSha256: SHA256.toUpperCase() },
      {
        kind: "redfish",
        address: "10.0.0.7",
        port: 8443,
        username: "root",
        system: "node7",
        certificateSha256: SHA256,
      },
    ],
    [
      {
        kind: "ipmi",
        address: "b",
        username: "u",
        password: SECRET,
        cipherSuite: 17,
        kg: SECRET + 2,
        privilege: "administrator",
      },
      {
        kind: "ipmi",
        address: "b",
        port: 623,
        username: "u",
        cipherSuite: 17,
        privilege: "administrator",
      },
    ],
    [
      { kind: "webhook", onUrl: "https://h/on", offUrl: "https://h/off", password: SECRET },
      { kind: "webhook", onUrl: "https://h/on", offUrl: "https://h/off" },
    ],
    [{ kind: "wake_on_lan", mac: "52-54-00-AA-00-01" }, {
      kind: "wake_on_lan",
      mac: "52:54:00:aa:00:01",
    }],
    [{ kind: "manual" }, { kind: "manual" }],
  ])("%j is shown without its secrets, and kept with them", async (bmc, shown) => {
    const { status, body, text } = await create(bmc);
    expect(status, text).toBe(201);
    expect(body.bmc).toEqual(shown);
    expect(text).not.toContain(SECRET);
    const row = await findMachine(region.ctx.db, body.systemId);
    expect(JSON.stringify(row?.bmc)).not.toContain(SECRET);
    const sealed = sealedPasswordOf(row);
    if (sealed) expect(await unsealText(region.ctx.secrets.sealKey, sealed)).toBe(SECRET);
    const audit = await region.call("GET /api/v1/audit?limit=5");
    expect(audit.text).not.toContain(SECRET);
    expect(audit.text).not.toContain("sealed");
  });

  test.each([
    [{ ...redfish, kind: "redfisch" }, "bmc.kind"],
    [{ ...redfish, address: "https://10.0.0.7" }, "bmc.address"],
    [{ ...redfish, certificateSha256: "12:34" }, "bmc.certificateSha256"],
    [{ ...redfish, mac: "52:54:00:aa:00:01" }, "bmc.mac"],
    [
      { kind: "ipmi", address: "b", username: "u", password: "x", cipherSuite: 4 },
      "bmc.cipherSuite",
    ],
    [{ kind: "webhook", onUrl: `http://u:${SECRET}@h/`, offUrl: "http://h/" }, "bmc.onUrl"],
    [{ kind: "webhook", onUrl: "file:///etc/passwd", offUrl: "http://h/" }, "bmc.onUrl"],
    [{ kind: "wake_on_lan", mac: "52:54:00" }, "bmc.mac"],
    [{ kind: "wake_on_lan", mac: "52:54:00:aa:00:01", broadcast: "10.0.0.0/8" }, "bmc.broadcast"],
  ])("%j is refused by its field", async (bmc, field) => {
    const { status, body, text } = await create(bmc);
    expect(status, text).toBe(400);
    expect(body.errors.map((each: { field: string }) => each.field)).toContain(field);
    expect(text).not.toContain(SECRET);
  });

  test("keeps the pinned certificate of the same BMC until told otherwise", async () => {
    const { body: { systemId } } = await create({ ...redfish, certificateSha256: SHA256 });
    const change = async (bmc: unknown) =>
      (await region.call(`PATCH /api/v1/machines/${systemId}`, { body: { bmc } })).body.bmc;
    expect(await change({ ...redfish, password: "new" })).toMatchObject({
      certificateSha256: SHA256,
    });
    expect(await change({ ...redfish, certificateSha256: null }))
      .not.toHaveProperty("certificateSha256");
    await change({ ...redfish, certificateSha256: SHA256 });
    expect(await change({ ...redfish, address: "10.0.0.8" }))
      .not.toHaveProperty("certificateSha256");
  });

  test("keeps the password and K_g for the same address, port and user, and for no other", async () => {
    const ipmi = { kind: "ipmi", address: "10.0.0.9", username: "u" };
    const { body: { systemId } } = await create({ ...ipmi, password: SECRET, kg: "key" });
    const change = (bmc: unknown) =>
      region.call(`PATCH /api/v1/machines/${systemId}`, { body: { bmc } });
    const secrets = async () => {
      const bmc = (await findMachine(region.ctx.db, systemId))?.bmc;
      if (bmc?.kind !== "ipmi") throw new Error("it is switched otherwise");
      const open = (sealed: string) => unsealText(region.ctx.secrets.sealKey, sealed);
      return [await open(bmc.sealedPassword), bmc.sealedKg && await open(bmc.sealedKg)];
    };
    const { body: changed } = await change({ ...ipmi, cipherSuite: 17 });
    expect(changed.bmc).toMatchObject({ cipherSuite: 17, port: 623 });
    expect(await secrets()).toEqual([SECRET, "key"]);
    await change({ ...ipmi, kg: null });
    expect(await secrets()).toEqual([SECRET, undefined]);
    for (const other of [{ address: "10.0.0.10" }, { port: 624 }, { username: "v" }]) {
      const { body, status } = await change({ ...ipmi, ...other });
      expect(body).toMatchObject({ code: "machine.bmc_password_missing", field: "bmc.password" });
      expect(status).toBe(400);
    }
    expect((await change({ ...redfish, address: "10.0.0.9", password: undefined })).status).toBe(
      400,
    );
    expect(await secrets()).toEqual([SECRET, undefined]);
  });

  test("a webhook keeps its password until told that it has none", async () => {
    const hook = { kind: "webhook", onUrl: "https://h/on", offUrl: "https://h/off" };
    const { body: { systemId } } = await create({ ...hook, password: SECRET });
    const change = (bmc: unknown) =>
      region.call(`PATCH /api/v1/machines/${systemId}`, { body: { bmc } });
    const sealed = async () => sealedPasswordOf(await findMachine(region.ctx.db, systemId));
    await change({ ...hook, certificateSha256: SHA256 });
    expect(await sealed()).toBeTruthy();
    await change({ ...hook, password: null });
    expect(await sealed()).toBeFalsy();
    await change({ ...hook, password: SECRET });
    await change({ ...hook, offUrl: "https://elsewhere/off" });
    expect(await sealed()).toBeFalsy();
  });

  test("gets another certificate accepted", async () => {
    const { body: { systemId } } = await create({ ...redfish, certificateSha256: SHA256 });
    const path = `POST /api/v1/machines/${systemId}/accept-bmc-certificate`;
    const other = "ab".repeat(32);
    const { body } = await region.call(path, { body: { sha256: other } });
    expect(body.bmc).toMatchObject({ address: "10.0.0.7", certificateSha256: other });
    const next = await region.call(path, { body: { sha256: null } });
    expect(next.body.bmc).not.toHaveProperty("certificateSha256");
    expect(sealedPasswordOf(await findMachine(region.ctx.db, systemId))).not.toBe("");
    const wrong = await region.call(path, { body: { sha256: "abc" } });
    expect(wrong.status).toBe(400);
    const { body: byIpmi } = await create({
      kind: "ipmi",
      address: "b",
      username: "u",
      password: "x",
    });
    const refused = await region.call(
      `POST /api/v1/machines/${byIpmi.systemId}/accept-bmc-certificate`,
      { body: { sha256: other } },
    );
    expect(refused.body).toMatchObject({ status: 409, code: "machine.no_certificate" });
  });

  test("that can only switch on is asked for nothing else", async () => {
    const systemId = await makeMachine(region, siteId, { status: "Deployed" });
    const bmc = { kind: "wake_on_lan", mac: "52:54:00:aa:00:01" };
    const { body } = await region.call(`PATCH /api/v1/machines/${systemId}`, { body: { bmc } });
    expect(body.actions).toContain("power-on");
    expect(body.actions).not.toContain("power-off");
    const path = `POST /api/v1/machines/${systemId}/power-off`;
    expect((await region.call(path, { body: {} })).body).toMatchObject({
      status: 409,
      code: "machine.only_switches_on",
    });
    const byHand = { body: { bmc: { kind: "manual" } } };
    await region.call(`PATCH /api/v1/machines/${systemId}`, byHand);
    const on = `POST /api/v1/machines/${systemId}/power-on`;
    expect((await region.call(on, { body: {} })).body.code).toBe("machine.no_bmc");
  });

  test("is exported and imported, whatever its kind", async () => {
    await create({ ...redfish, certificateSha256: SHA256 });
    await create({ kind: "wake_on_lan", mac: "52:54:00:aa:00:01" });
    const csv = (await region.call(`GET /api/v1/machines/export?siteId=${siteId}&format=csv`)).text;
    expect(csv).toContain(`redfish,10.0.0.7,443,root,,${SHA256}`);
    expect(csv).not.toContain(SECRET);
    const again = await region.call("POST /api/v1/machines/import", {
      headers: { "content-type": "text/csv" },
      body: csv,
    });
    expect(again.body).toMatchObject({ created: 0, existing: 2, differing: 0, refused: 0 });
  });
});
