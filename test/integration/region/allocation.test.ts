import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { allocateMachine } from "@/region/services/machines/allocate_machine.ts";
import type { Caller } from "@/region/services/identity/caller.ts";
import type { Inventory } from "@/shared/contract/inventory.ts";
import { INVENTORY, makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
beforeEach(async () => {
  await region.ctx.db.execute(sql`DELETE FROM machines`);
  siteId = await makeSite(region);
});
afterAll(() => region.stop());

const allocate = (body: object = {}) =>
  region.call("POST /api/v1/machines/allocate", { as: "operator", body });
const make = (inventory: Partial<Inventory> = {}) =>
  makeMachine(region, siteId, { inventory: { ...INVENTORY, ...inventory } });
const patch = (systemId: string, body: object) =>
  region.call(`PATCH /api/v1/machines/${systemId}`, { body });

describe("an allocation", () => {
  test("takes the smallest machine that fits, for the caller, and writes down why", async () => {
    const large = await make({ cpu: { cores: 64 } });
    const roomy = await make({ cpu: { cores: 4 }, memoryMib: 16_384 });
    const small = await make({ cpu: { cores: 4 }, memoryMib: 8192 });
    const dry = await allocate({ cpuCount: 3, dryRun: true });
    expect([dry.status, dry.body.machine.systemId, dry.body.machine.status])
      .toEqual([200, small, "Ready"]);
    const taken = [];
    for (let i = 0; i < 3; i++) {
      const { status, body } = await allocate({ cpuCount: 3, agentName: "juju", comment: "db" });
      expect([status, body.machine.status, body.machine.owner]).toEqual([
        200,
        "Allocated",
        "operator",
      ]);
      taken.push(body.machine.systemId);
    }
    expect(taken).toEqual([small, roomy, large]);
    const { rows } = await region.ctx.db.execute(
      sql`SELECT * FROM audit_entries WHERE action = 'machine.allocate' ORDER BY id DESC LIMIT 1`,
    ) as unknown as { rows: Record<string, unknown>[] };
    expect(rows[0]).toMatchObject({
      username: "operator",
      object_id: large,
      before: { status: "Ready" },
      after: {
        status: "Allocated",
        agentName: "juju",
        comment: "db",
        constraints: { cpuCount: 3 },
      },
    });
    const events = (await region.call(`GET /api/v1/events?machine=${large}`)).body.events;
    expect(events.at(-1)).toMatchObject({
      code: "machine.allocated",
      message: expect.stringContaining("db"),
    });
  });

  test("says which constraint excludes how many when none fits", async () => {
    await region.call("POST /api/v1/tags", { body: { name: "gpu" } });
    for (const cores of [1, 2, 4]) await make({ cpu: { cores } });
    await makeMachine(region, siteId, { status: "Deployed" });
    const { status, body } = await allocate({
      cpuCount: 2,
      memoryMib: 1024,
      tags: ["gpu"],
      disks: [{ tags: ["ssd"] }],
    });
    expect([status, body.code]).toEqual([409, "machine.none_fits"]);
    expect(body.errors).toEqual([
      { field: "cpuCount", detail: "excludes 1 of 3 ready machines", value: "2" },
      { field: "tags", detail: "excludes 3 of 3 ready machines", value: '["gpu"]' },
      { field: "disks", detail: "excludes 3 of 3 ready machines", value: '[{"tags":["ssd"]}]' },
    ]);
    expect(body.detail).toContain("none of 3 ready machines fits: cpuCount excludes 1");
    await region.ctx.db.execute(sql`UPDATE machines SET status = 'Deployed'`);
    expect((await allocate()).body).toMatchObject({
      code: "machine.none_fits",
      detail: "no machine is ready to be allocated",
      errors: [],
    });
  });

  test("keeps to every constraint", async () => {
    const name = `z${crypto.randomUUID().slice(0, 8)}`;
    await region.call("POST /api/v1/zones", { body: { name } });
    await region.call("POST /api/v1/pools", { body: { name } });
    await region.call("POST /api/v1/tags", { body: { name: `${name}-a` } });
    await region.call("POST /api/v1/tags", { body: { name: `${name}-b` } });
    const other = await makeSite(region);
    const away = await makeMachine(region, other, { architecture: "arm64" });
    const plain = await make();
    const placed = await make({
      memoryMib: 4096,
      interfaces: [{ name: "ens9", mac: "52:54:00:00:00:09", speedMbps: 25_000 }],
      disks: [{ name: "nvme0n1", path: "/dev/nvme0n1", bytes: 1e12, isRotational: false }],
      pciDevices: [{ address: "0000:01:00.0", vendor: "10de", product: "20b5" }],
      usbDevices: [{ address: "1-1", vendor: "0951", product: "1666" }],
    });
    await patch(placed, { zone: name, pool: name, tags: [`${name}-a`, `${name}-b`] });
    const hostname = (await region.call(`GET /api/v1/machines/${plain}`)).body.hostname;
    const cases: [object, string][] = [
      [{ siteId: other }, away],
      [{ architecture: ["riscv64", "arm64"] }, away],
      [{ hostname }, plain],
      [{ systemId: plain }, plain],
      [{ memoryMib: 4096 }, placed],
      [{ zone: name }, placed],
      [{ pool: name }, placed],
      [{ notInZone: [name], siteId }, plain],
      [{ notInPool: [name], siteId }, plain],
      [{ tags: [`${name}-a`, `${name}-b`, `${name}-a`] }, placed],
      [{ notTags: [`${name}-b`], siteId }, plain],
      [{ interfaces: [{ speedMbps: 10_000 }] }, placed],
      [{ disks: [{ bytes: 5e11, tags: ["nvme", "ssd"] }] }, placed],
      [{ pciDevices: [{ vendor: "10de", product: "20b5" }] }, placed],
      [{ usbDevices: [{ vendor: "0951" }] }, placed],
    ];
    for (const [constraints, expected] of cases) {
      const { status, body } = await allocate({ ...constraints, dryRun: true });
      expect([constraints, status, body.machine?.systemId]).toEqual([constraints, 200, expected]);
    }
    const { body } = await allocate({ disks: [{}], pciDevices: [{ vendor: "10de" }] });
    expect(body.matched).toEqual({ disks: ["nvme0n1"], pciDevices: ["0000:01:00.0"] });
  });

  test("is refused for what there is not, and for what it does not understand", async () => {
    for (
      const [body, code] of [
        [{ zone: "nowhere" }, "zone.missing"],
        [{ notInZone: ["nowhere"] }, "zone.missing"],
        [{ pool: "nobodys" }, "pool.missing"],
        [{ tags: ["none"] }, "tag.missing"],
        [{ siteId: "s-none" }, "site.missing"],
      ] as const
    ) {
      const answer = await allocate(body);
      expect([answer.status, answer.body.code]).toEqual([404, code]);
    }
    for (const body of [{ cpuCount: -1 }, { pciDevices: [{ vendor: "10DE" }] }, { disk: [] }]) {
      expect((await allocate(body)).body.code).toBe("request.invalid");
    }
  });

  test("leaves alone what is locked, and what is in a pool the caller may not use", async () => {
    const locked = await make();
    await region.ctx.db.execute(
      sql`UPDATE machines SET is_locked = true WHERE system_id = ${locked}`,
    );
    expect((await allocate()).body.code).toBe("machine.none_fits");
    await make();
    const pool = (await region.call("POST /api/v1/pools", {
      body: { name: `p${crypto.randomUUID().slice(0, 8)}` },
    })).body;
    const { rows } = await region.ctx.db.execute(
      sql`SELECT id FROM users WHERE username = 'operator'`,
    ) as unknown as { rows: { id: number }[] };
    const caller: Caller = {
      userId: rows[0]?.id ?? 0,
      username: "operator",
      role: "operator",
      poolIds: [pool.id],
    };
    const ask = () => allocateMachine(region.ctx, caller, { constraints: {}, isDryRun: false });
    await expect(ask()).rejects.toThrow(/no machine is ready/);
    const mine = await make();
    await patch(mine, { pool: pool.name });
    expect((await ask()).machine.systemId).toBe(mine);
  });
});

describe("200 allocations at once over 100 machines", () => {
  test.each([
    ["by columns alone", {}],
    ["by what the inventory tells", { disks: [{ bytes: 1024 ** 3 }] }],
  ])("have exactly 100 distinct winners, %s; the rest are refused cleanly", async (_, body) => {
    for (let i = 0; i < 100; i++) await make();
    const answers = await Promise.all(Array.from({ length: 200 }, () => allocate(body)));
    const winners = answers.filter(({ status }) => status === 200)
      .map((answer) => answer.body.machine.systemId);
    expect([winners.length, new Set(winners).size]).toEqual([100, 100]);
    const refused = answers.filter(({ status }) => status !== 200)
      .map((answer) => `${answer.status} ${answer.body.code}`);
    expect(new Set(refused)).toEqual(new Set(["409 machine.none_fits"]));
    const { rows } = await region.ctx.db.execute(
      sql`SELECT count(*)::int AS n FROM machines WHERE status = 'Allocated'`,
    ) as unknown as { rows: { n: number }[] };
    expect(rows[0]?.n).toBe(100);
  }, 120_000);
});

describe("where its interfaces are", () => {
  test("a machine is chosen and excluded by subnet, VLAN, fabric and space", async () => {
    const post = async (noun: string, body: object) =>
      (await region.call(`POST /api/v1/${noun}`, { body })).body;
    const { id: spaceId } = await post("spaces", { name: `space of ${siteId}` });
    const { id: fabricId } = await post("fabrics", { siteId, name: "second" });
    const vlan = await post("vlans", { fabricId, vid: 10, name: "ten", spaceId });
    const other = await post("vlans", { fabricId, vid: 20, name: "twenty" });
    const subnet = await post("subnets", { siteId, cidr: "10.0.0.0/24", vlanId: vlan.id });
    const plug = async (systemId: string, change: object) => {
      const { body } = await region.call(`GET /api/v1/machines/${systemId}/interfaces`);
      const path = `machines/${systemId}/interfaces/${body.interfaces[0].id}`;
      expect((await region.call(`PATCH /api/v1/${path}`, { body: change })).status).toBe(200);
    };
    const here = await make({ cpu: { cores: 8 } });
    const there = await make({ cpu: { cores: 4 } });
    const off = await make();
    const nowhere = await make({ cpu: { cores: 16 } });
    await plug(here, { vlanId: vlan.id });
    await plug(there, { vlanId: other.id });
    await plug(off, { vlanId: vlan.id, isEnabled: false });
    const chosen = async (wanted: object) =>
      (await allocate({ ...wanted, dryRun: true })).body.machine?.systemId;
    expect(await chosen({ subnets: [subnet.id] })).toBe(here);
    expect(await chosen({ vlans: [vlan.id] })).toBe(here);
    expect(await chosen({ fabrics: [fabricId] })).toBe(there);
    expect(await chosen({ fabrics: [fabricId], notVlans: [other.id] })).toBe(here);
    expect(await chosen({ spaces: [spaceId] })).toBe(here);
    expect(await chosen({ notFabrics: [fabricId], cpuCount: 3 })).toBe(nowhere);
    expect(await chosen({ notSpaces: [spaceId], cpuCount: 3 })).toBe(there);
    expect(await chosen({ notSubnets: [subnet.id], cpuCount: 3 })).toBe(there);
    const none = await allocate({ vlans: [vlan.id, other.id], notFabrics: [fabricId] });
    expect([none.status, none.body.code]).toEqual([409, "machine.none_fits"]);
    expect(none.body.errors.map((each: { field: string; detail: string }) => [
      each.field,
      each.detail,
    ])).toEqual([
      ["vlans", "excludes 4 of 4 ready machines"],
      ["notFabrics", "excludes 2 of 4 ready machines"],
    ]);
    const missing = await allocate({ notSpaces: [999_999] });
    expect([missing.status, missing.body.code]).toEqual([404, "space.missing"]);
  });
});
