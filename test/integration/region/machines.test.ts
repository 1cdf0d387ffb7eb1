import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { enlistMachine } from "@/region/services/machines/enlist_machine.ts";
import { recordInventory } from "@/region/services/machines/record_inventory.ts";
import { findMachine } from "@/region/db/queries/machines.ts";
import { INVENTORY, makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
beforeEach(async () => {
  siteId = await makeSite(region);
});
afterAll(() => region.stop());

const create = (body: Record<string, unknown>) =>
  region.call("POST /api/v1/machines", { body: { siteId, ...body } });

describe("a machine", () => {
  test("is added by hand as New, its MACs in one spelling", async () => {
    const bmc = { kind: "ipmi", address: "bmc7.example.com", username: "root", password: "s3cret" };
    const { status, body, text } = await create({
      macs: ["52-54-00-AA-00-01", "525400aa0002", "52:54:00:aa:00:01"],
      hostname: "alpha",
      bmc,
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      hostname: "alpha",
      status: "New",
      architecture: "amd64",
      macs: ["52:54:00:aa:00:01", "52:54:00:aa:00:02"],
      bmc: { kind: "ipmi", address: "bmc7.example.com", port: 623, username: "root" },
      power: { state: "unknown", at: null, fault: null },
      inventory: null,
      operation: null,
      owner: null,
      version: 1,
    });
    expect(body.systemId).toMatch(/^[2-9a-hjkmnp-z]{6}$/);
    expect(text).not.toContain("s3cret");
    expect((await region.call(`GET /api/v1/machines/${body.systemId}`)).body).toEqual(body);
  });

  test("is refused a hostname or MAC that another one of the site has", async () => {
    await create({ macs: ["52:54:00:bb:00:01"], hostname: "beta" });
    const mac = await create({ macs: ["52:54:00:bb:00:01"] });
    expect([mac.status, mac.body.code, mac.body.field]).toEqual([409, "machine.mac_taken", "macs"]);
    const name = await create({ macs: ["52:54:00:bb:00:02"], hostname: "beta" });
    expect([name.status, name.body.code]).toEqual([409, "machine.hostname_taken"]);
    const elsewhere = await makeSite(region);
    expect(
      (await create({ siteId: elsewhere, macs: ["52:54:00:bb:00:01"], hostname: "beta" })).status,
    )
      .toBe(201);
  });

  test.each([
    [{ macs: [] }, "request.invalid"],
    [{ macs: ["52:54:00:00:00"] }, "mac.malformed"],
    [{ macs: ["52:54:00:00:00:01"], hostname: "Not_A_Name" }, "request.invalid"],
    [{ macs: ["52:54:00:00:00:01"], hostname: `${"a".repeat(64)}` }, "request.invalid"],
    [{ macs: ["52:54:00:00:00:01"], bmc: { kind: "ipmi" } }, "request.invalid"],
  ])("is refused when malformed: %j", async (body, code) => {
    const answer = await create(body);
    expect([answer.status, answer.body.code]).toEqual([400, code]);
  });

  test("is renamed, told its BMC, and told it has none", async () => {
    const systemId = await makeMachine(region, siteId, { hasBmc: false });
    const patch = (body: unknown) => region.call(`PATCH /api/v1/machines/${systemId}`, { body });
    const bmc = { kind: "ipmi", address: "10.0.0.9", port: 6230, username: "u", password: "p" };
    const { body } = await patch({ hostname: "gamma", bmc });
    expect(body).toMatchObject({ hostname: "gamma", bmc: { address: "10.0.0.9", port: 6230 } });
    expect((await patch({})).body.bmc).toEqual(body.bmc);
    expect((await patch({ bmc: null })).body.bmc).toBeNull();
    await makeMachine(region, siteId);
    await create({ macs: ["52:54:00:cc:00:01"], hostname: "delta" });
    expect((await patch({ hostname: "delta" })).body.code).toBe("machine.hostname_taken");
  });

  test("is forgotten, but not while an operation runs on it", async () => {
    const systemId = await makeMachine(region, siteId, { status: "Deployed" });
    await region.call(`POST /api/v1/machines/${systemId}/power-query`);
    const busy = await region.call(`DELETE /api/v1/machines/${systemId}`);
    expect([busy.status, busy.body.code]).toEqual([409, "machine.busy"]);
    const idle = await makeMachine(region, siteId);
    expect((await region.call(`DELETE /api/v1/machines/${idle}`)).status).toBe(204);
    expect((await region.call(`GET /api/v1/machines/${idle}`)).status).toBe(404);
  });
});

describe("the list of machines", () => {
  test("comes in pages that miss and repeat none while machines are added", async () => {
    const made: string[] = [];
    for (let i = 0; i < 7; i++) made.push(await makeMachine(region, siteId));
    const seen: string[] = [];
    let cursor: string | null = "";
    for (let page = 0; page < 10 && cursor !== null; page++) {
      const after: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const { body } = await region.call(`GET /api/v1/machines?siteId=${siteId}&limit=3${after}`);
      seen.push(...body.machines.map((machine: { systemId: string }) => machine.systemId));
      if (page === 0) made.push(await makeMachine(region, siteId));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual(made);
  });

  test("filters by status and site, and refuses what is no filter", async () => {
    await makeMachine(region, siteId, { status: "New" });
    const ready = await makeMachine(region, siteId, { status: "Ready" });
    const { body } = await region.call(`GET /api/v1/machines?siteId=${siteId}&status=Ready`);
    expect(body.machines.map((m: { systemId: string }) => m.systemId)).toEqual([ready]);
    for (const query of ["status=Gone", "limit=0", "limit=201"]) {
      const { status, body } = await region.call(`GET /api/v1/machines?${query}`);
      expect([query, status, body.code]).toEqual([query, 400, "request.invalid"]);
    }
    const bad = await region.call("GET /api/v1/machines?cursor=x");
    expect([bad.status, bad.body.code]).toEqual([400, "page.bad_cursor"]);
  });
});

describe("enlistMachine", () => {
  const enlist = (mac: string, inventory = INVENTORY) =>
    region.ctx.db.transaction((tx) =>
      enlistMachine(region.ctx, tx, { siteId, mac, inventory, at: region.ctx.now() })
    );
  const withMacs = (...macs: string[]) => ({
    ...INVENTORY,
    interfaces: macs.map((mac, i) => ({ name: `ens${i}`, mac })),
  });

  test("takes in a machine once, whichever of its interfaces it boots from", async () => {
    const inventory = withMacs("52:54:00:dd:00:01", "52:54:00:DD:00:02");
    const first = await enlist("52:54:00:dd:00:02", inventory);
    expect(first.isNew).toBe(true);
    expect(await enlist("52:54:00:dd:00:01", inventory))
      .toEqual({ systemId: first.systemId, isNew: false });
    const { body } = await region.call(`GET /api/v1/machines/${first.systemId}`);
    expect(body).toMatchObject({
      hostname: `node-${first.systemId}`,
      status: "New",
      architecture: "amd64",
      macs: ["52:54:00:dd:00:02", "52:54:00:dd:00:01"],
      power: { state: "on" },
      inventory,
    });
  });

  test("finds a machine that was added by hand, and leaves its status alone", async () => {
    const made = await create({ macs: ["52:54:00:ee:00:01"], hostname: "byhand" });
    const { systemId, isNew } = await enlist(
      "52:54:00:ee:00:01",
      withMacs("52:54:00:ee:00:01", "52:54:00:ee:00:02"),
    );
    expect([systemId, isNew]).toEqual([made.body.systemId, false]);
    expect((await region.call(`GET /api/v1/machines/${systemId}`)).body)
      .toMatchObject({ hostname: "byhand", macs: ["52:54:00:ee:00:01", "52:54:00:ee:00:02"] });
  });

  test("passes over interfaces that cannot name a machine", async () => {
    const odd = withMacs("00:00:00:00:00:00", "not a mac", "52:54:00:ff:00:01", "525400ff0001");
    const { systemId } = await enlist("52:54:00:ff:00:01", odd);
    expect((await region.call(`GET /api/v1/machines/${systemId}`)).body.macs)
      .toEqual(["52:54:00:ff:00:01"]);
  });

  test("moves a network card that was put into another machine", async () => {
    const a = await enlist("52:54:00:a0:00:01", withMacs("52:54:00:a0:00:01", "52:54:00:a0:00:02"));
    const b = await enlist("52:54:00:b0:00:01", withMacs("52:54:00:b0:00:01"));
    const row = await findMachine(region.ctx.db, b.systemId);
    await recordInventory(
      region.ctx.db,
      row?.id ?? 0,
      withMacs("52:54:00:b0:00:01", "52:54:00:a0:00:02"),
    );
    const macsOf = async (id: string) =>
      (await region.call(`GET /api/v1/machines/${id}`)).body.macs;
    expect(await macsOf(a.systemId)).toEqual(["52:54:00:a0:00:01"]);
    expect((await macsOf(b.systemId)).sort()).toEqual(["52:54:00:a0:00:02", "52:54:00:b0:00:01"]);
  });
});
