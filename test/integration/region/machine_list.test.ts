import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLease } from "@/region/db/queries/outcomes.ts";
import { makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
/** System ids by hostname. */
const ids = new Map<string, string>();

beforeAll(async () => {
  region = await startRegionUnderTest();
  siteId = await makeSite(region);
  for (const name of ["gpu", "fast", "old"]) await post("tags", { name });
  await post("zones", { name: "east" });
  await post("pools", { name: "lab" });
  await add("alpha", {
    tags: ["gpu", "fast"],
    zone: "east",
    description: "Kept for Ada's 100% runs",
  });
  await add("beta", { tags: ["gpu", "old"], pool: "lab", architecture: "arm64" });
  await add("beta-2", { tags: ["fast"], zone: "east" });
  await add("gamma", {});
  await openLease(region.ctx.db, {
    siteId,
    ipv4: "10.7.0.25",
    mac: macOf("gamma"),
    subnetId: 1,
    hostname: null,
    givenAt: region.ctx.now(),
  });
});
afterAll(() => region.stop());

const post = (noun: string, body: unknown) => region.call(`POST /api/v1/${noun}`, { body });
const macOf = (hostname: string) =>
  `52:54:00:aa:${hostname.charCodeAt(0).toString(16)}:0${hostname.length}`;

async function add(hostname: string, more: Record<string, unknown>) {
  const { status, body } = await post("machines", {
    siteId,
    hostname,
    macs: [macOf(hostname)],
    ...more,
  });
  expect(status, JSON.stringify(body)).toBe(201);
  ids.set(hostname, body.systemId);
}

async function found(query: string): Promise<string[]> {
  const { status, body } = await region.call(`GET /api/v1/machines?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.machines.map(({ hostname }: { hostname: string }) => hostname);
}

describe("machines are chosen by", () => {
  test.each([
    ["tag=gpu", ["alpha", "beta"]],
    ["tag=gpu,fast", ["alpha"]],
    ["anyTag=old,fast", ["alpha", "beta", "beta-2"]],
    ["notTag=gpu,old", ["beta-2", "gamma"]],
    ["tag=gpu&notTag=old", ["alpha"]],
    ["tag=none-such", []],
    ["zone=east", ["alpha", "beta-2"]],
    ["zone=east,default", ["alpha", "beta", "beta-2", "gamma"]],
    ["pool=lab", ["beta"]],
    ["architecture=arm64,riscv64", ["beta"]],
    ["status=New&zone=east", ["alpha", "beta-2"]],
    ["status=Ready,Broken", []],
    ["powerState=unknown&hostnamePrefix=beta", ["beta", "beta-2"]],
    ["hostnamePrefix=%25", []],
    ["owner=nobody", []],
    ["ip=10.7.0.25", ["gamma"]],
    ["ip=10.7.0.2", []],
  ])("%s", async (query, expected) => {
    expect(await found(`siteId=${siteId}&sort=hostname&${query}`)).toEqual(expected);
  });

  test("a MAC in any notation", async () => {
    const mac = macOf("beta").toUpperCase().replaceAll(":", "-");
    expect(await found(`mac=${mac}`)).toEqual(["beta"]);
    const { status, body } = await region.call("GET /api/v1/machines?mac=nonsense");
    expect([status, body.code]).toEqual([400, "request.invalid"]);
  });

  test.each([
    ["bet", ["beta", "beta-2"]],
    ["ETA-2", ["beta-2"]],
    ["ada%27s", ["alpha"]],
    ["100%25", ["alpha"]],
    ["1_0", []],
    ["10.7.0.", ["gamma"]],
    ["10.7.0.25", ["gamma"]],
    ["0.7.0", []],
    ["52:54:00:aa", ["alpha", "beta", "beta-2", "gamma"]],
    ["%5C", []],
  ])("a search for %s", async (q, expected) => {
    expect(await found(`siteId=${siteId}&sort=hostname&q=${q}`)).toEqual(expected);
  });

  test("their system id", async () => {
    const id = ids.get("gamma") ?? "";
    expect(await found(`q=${id.slice(0, 5)}`)).toEqual(["gamma"]);
    expect(await found(`systemId=${id},${ids.get("alpha")}&sort=hostname`)).toEqual([
      "alpha",
      "gamma",
    ]);
  });

  test("a name and a card they got later, and no more by the ones they had", async () => {
    const id = ids.get("beta-2");
    await region.call(`PATCH /api/v1/machines/${id}`, { body: { hostname: "delta" } });
    expect(await found("q=beta-2")).toEqual([]);
    expect(await found("q=delt")).toEqual(["delta"]);
    expect(await found(`q=${macOf("beta-2")}`)).toEqual(["delta"]);
    await region.call(`PATCH /api/v1/machines/${id}`, { body: { hostname: "beta-2" } });
  });
});

describe("GET /machines/counts", () => {
  const counts = async (query: string) =>
    (await region.call(`GET /api/v1/machines/counts?siteId=${siteId}&${query}`)).body;

  test("counts by whatever is asked", async () => {
    expect(await counts("by=status,zone,pool,tag,site")).toEqual({
      status: [{ value: "New", machines: 4 }],
      site: [{ value: siteId, machines: 4 }],
      zone: [{ value: "default", machines: 2 }, { value: "east", machines: 2 }],
      pool: [{ value: "default", machines: 3 }, { value: "lab", machines: 1 }],
      tag: [
        { value: "fast", machines: 2 },
        { value: "gpu", machines: 2 },
        { value: "old", machines: 1 },
      ],
    });
  });

  test("counts only what fits, by status unless told otherwise", async () => {
    expect(await counts("tag=gpu&zone=east")).toEqual({ status: [{ value: "New", machines: 1 }] });
  });

  test("refuses what nothing is counted by", async () => {
    const { status } = await region.call("GET /api/v1/machines/counts?by=colour");
    expect(status).toBe(400);
  });
});

describe("GET /machines/export", () => {
  const lines = async (query: string) => {
    const { status, headers, text } = await region.call(`GET /api/v1/machines/export?${query}`);
    expect([status, headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
    return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  };

  test("has a line for each machine that fits, as the list has it", async () => {
    const exported = await lines(`siteId=${siteId}&tag=gpu`);
    const listed = await region.call(`GET /api/v1/machines?siteId=${siteId}&tag=gpu`);
    expect(exported).toEqual(listed.body.machines);
    expect(await lines("tag=none-such")).toEqual([]);
  });

  test("has inventories when asked for them", async () => {
    const systemId = await makeMachine(region, await makeSite(region));
    const [machine] = await lines(`systemId=${systemId}&fields=systemId,inventory.memoryMib`);
    expect(machine).toEqual({ systemId, inventory: { memoryMib: 2048 } });
    const [plain] = await lines(`systemId=${systemId}`);
    expect(plain).not.toHaveProperty("inventory");
  });

  test("goes on over as many slices as it takes", async () => {
    const many = await makeSite(region);
    const { db } = region.ctx;
    await db.execute(sql`INSERT INTO machines (system_id, site_id, hostname, architecture, status,
        status_changed_at, created_at)
      SELECT lpad(n::text, 6, 'z'), ${many}, 'n' || n, 'amd64', 'New', now(), now()
      FROM generate_series(1, 2500) n`);
    const names = (await lines(`siteId=${many}&fields=hostname`)).map(({ hostname }) => hostname);
    expect(names).toEqual(Array.from({ length: 2500 }, (_, i) => `n${i + 1}`));
  });
});
