import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { openLease } from "@/region/db/queries/outcomes.ts";
import { buildSiteState } from "@/region/domain/site_state.ts";
import { DEFAULT_SETTINGS } from "@/region/domain/settings/settings_table.ts";
import { readSiteRows } from "@/region/db/queries/site_state.ts";
import { makeSite } from "./rack_fixture.ts";
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

const post = (noun: string, body: unknown, as: "admin" | "operator" = "admin") =>
  region.call(`POST /api/v1/${noun}`, { body, as });
const get = async (path: string) => (await region.call(`GET /api/v1/${path}`)).body;
const makeSubnet = async (more: Record<string, unknown> = {}) =>
  (await post("subnets", { siteId, cidr: "10.0.0.0/24", gateway: "10.0.0.1", ...more })).body;
/** The address that was given, or why none; a crowded database is asked again, as its answer says. */
const keep = async (subnetId: number, ip?: string) => {
  for (let i = 0; i < 10; i++) {
    const { body } = await post("ip-addresses", { subnetId, ...(ip && { ip }) });
    if (body.code !== "database.unavailable") return body.ip ?? body.code;
  }
  return "database.unavailable";
};
const lease = (subnetId: number, ipv4: string, mac: string) =>
  openLease(region.ctx.db, {
    siteId,
    ipv4,
    mac,
    subnetId,
    hostname: "guest",
    givenAt: region.ctx.now(),
  });

describe("500 allocations over one /23, all at once", () => {
  test("give no address twice, and then the subnet fills to the last one", async () => {
    const { id } = await makeSubnet({ cidr: "10.2.0.0/23", gateway: "10.2.0.1" });
    const answers: string[] = [];
    await Promise.all(Array.from({ length: 500 }, async () => {
      answers.push(await keep(id));
    }));
    expect(answers.filter((ip) => !/^10\.2\.[01]\.\d+$/.test(ip))).toEqual([]);
    expect(new Set(answers).size).toBe(500);
    // 510 machines fit a /23, less the router.
    const last = await Promise.all(Array.from({ length: 12 }, () => keep(id)));
    expect(last.filter((ip) => ip === "subnet.full")).toHaveLength(3);
    expect(await get(`subnets/${id}/utilisation`)).toMatchObject({
      total: 510,
      used: 509,
      available: 0,
      freeRanges: [],
    });
  }, 120_000);

  test("named and unnamed together neither", async () => {
    const { id } = await makeSubnet();
    const named = Array.from({ length: 20 }, (_, i) => keep(id, `10.0.0.${(i % 10) + 2}`));
    const free = Array.from({ length: 30 }, () => keep(id));
    const given = (await Promise.all([...named, ...free])).filter((ip) =>
      ip !== "ip_address.taken"
    );
    expect(new Set(given).size).toBe(given.length);
    const { rows } = await region.ctx.db.execute(sql`
      select count(*)::int as n from ip_addresses where subnet_id = ${id}`) as unknown as {
      rows: { n: number }[];
    };
    expect(rows[0]?.n).toBe(given.length);
  });
});

describe("an allocation", () => {
  test("takes the lowest gap, past ranges, router, servers and leases", async () => {
    const { id } = await makeSubnet({ dnsServers: ["10.0.0.3"] });
    await post("ip-ranges", {
      subnetId: id,
      kind: "reserved",
      first: "10.0.0.4",
      last: "10.0.0.9",
    });
    await post("ip-ranges", {
      subnetId: id,
      kind: "dynamic",
      first: "10.0.0.12",
      last: "10.0.0.99",
    });
    await lease(id, "10.0.0.10", "52:54:00:00:00:77"); // from a range that was there before
    expect(await keep(id)).toBe("10.0.0.2");
    const gone = await post("ip-addresses", { subnetId: id });
    expect(gone.body.ip).toBe("10.0.0.11");
    expect(await keep(id)).toBe("10.0.0.100");
    expect((await region.call(`DELETE /api/v1/ip-addresses/${gone.body.id}`)).status).toBe(204);
    expect(await keep(id)).toBe("10.0.0.11");
  });

  test("in a subnet that others manage stays in its reserved ranges", async () => {
    const { id } = await makeSubnet({ isManaged: false });
    expect(await keep(id)).toBe("subnet.full");
    await post("ip-ranges", {
      subnetId: id,
      kind: "reserved",
      first: "10.0.0.4",
      last: "10.0.0.5",
    });
    expect([await keep(id), await keep(id), await keep(id)])
      .toEqual(["10.0.0.4", "10.0.0.5", "subnet.full"]);
  });

  test("works in an IPv6 subnet", async () => {
    const { id } = await makeSubnet({ cidr: "2001:db8::/64", gateway: undefined });
    expect([await keep(id), await keep(id)]).toEqual(["2001:db8::1", "2001:db8::2"]);
  });

  test.each([
    ["10.0.0.1", "ip_address.is_gateway"],
    ["10.0.0.150", "ip_address.in_dynamic_range"],
    ["10.0.0.255", "subnet.address_not_usable"],
    ["10.1.0.5", "subnet.address_outside"],
    ["banana", "ipv4.malformed"],
  ])("of %s is refused: %s", async (ip, code) => {
    const { id: subnetId } = await makeSubnet();
    await post("ip-ranges", { subnetId, kind: "dynamic", first: "10.0.0.100", last: "10.0.0.199" });
    expect(await keep(subnetId, ip)).toBe(code);
  });

  test("is freed by whoever has it, or an admin", async () => {
    const { id: subnetId } = await makeSubnet();
    const ofAdmin = (await post("ip-addresses", { subnetId })).body;
    const path = `DELETE /api/v1/ip-addresses/${ofAdmin.id}`;
    const other = await region.call(path, { as: "operator" });
    expect([other.status, other.body.code]).toEqual([403, "ip_address.of_another"]);
    const own = (await post("ip-addresses", { subnetId }, "operator")).body;
    const freed = await region.call(`DELETE /api/v1/ip-addresses/${own.id}`, { as: "operator" });
    expect(freed.status).toBe(204);
    const { body } = await post("reservations", { subnetId, mac: "52:54:00:00:00:05" });
    const wrong = await region.call(`DELETE /api/v1/ip-addresses/${body.id}`);
    expect([wrong.status, wrong.body.code]).toEqual([409, "ip_address.is_reservation"]);
  });
});

test("a reservation is in the site's state with the answer to the request", async () => {
  const { id: subnetId } = await makeSubnet();
  await post("ip-ranges", { subnetId, kind: "dynamic", first: "10.0.0.100", last: "10.0.0.102" });
  await post("reservations", { subnetId, mac: "52:54:00:00:00:05", ip: "10.0.0.101" });
  const rows = await readSiteRows(region.ctx.db, siteId);
  if (!rows) throw new Error("the site is there");
  expect(rows.site.publishedGeneration).toBe(rows.site.wantedGeneration);
  const state = buildSiteState(
    { ...rows, machines: [], operations: [], settings: DEFAULT_SETTINGS },
    { generation: 1, issuedAt: region.ctx.now() },
  );
  expect(state.otherReservations).toMatchObject([{ mac: "52:54:00:00:00:05", ipv4: "10.0.0.101" }]);
  expect(state.subnets[0]?.dynamicRanges).toEqual([
    { first: "10.0.0.100", last: "10.0.0.100" },
    { first: "10.0.0.102", last: "10.0.0.102" },
  ]);
});

describe("the map of a subnet", () => {
  test("shows each address of a /24: what it is for and who has it", async () => {
    const { id: subnetId } = await makeSubnet();
    await post("ip-ranges", { subnetId, kind: "dynamic", first: "10.0.0.100", last: "10.0.0.199" });
    await post("reservations", {
      subnetId,
      mac: "52:54:00:00:00:05",
      ip: "10.0.0.7",
      hostname: "sw",
    });
    await lease(subnetId, "10.0.0.7", "52:54:00:00:00:05");
    await lease(subnetId, "10.0.0.120", "52:54:00:00:00:06");
    const { addresses, blocks } = await get(`subnets/${subnetId}/addresses`);
    expect([addresses.length, blocks]).toEqual([256, null]);
    const bare = { promise: null, isLeased: false, mac: null };
    expect([0, 1, 2, 255].map((i) => addresses[i])).toMatchObject([
      { ip: "10.0.0.0", role: "network", ...bare },
      { ip: "10.0.0.1", role: "gateway", ...bare },
      { ip: "10.0.0.2", role: "static", ...bare },
      { ip: "10.0.0.255", role: "broadcast", ...bare },
    ]);
    expect(addresses[7]).toMatchObject({ promise: "reservation", isLeased: true, hostname: "sw" });
    expect(addresses[120]).toMatchObject({ role: "dynamic", promise: null, hostname: "guest" });
    expect(await get(`subnets/${subnetId}/utilisation`)).toMatchObject({
      total: 254,
      used: 2,
      reservations: 1,
      leases: 2,
      dynamic: 100,
      available: 152,
      freeRanges: [
        { first: "10.0.0.2", last: "10.0.0.6", count: 5 },
        { first: "10.0.0.8", last: "10.0.0.99", count: 92 },
        { first: "10.0.0.200", last: "10.0.0.254", count: 55 },
      ],
    });
  });

  test("of the past counts the leases that there were at each moment", async () => {
    const { id: subnetId } = await makeSubnet();
    const now = region.ctx.now().getTime();
    const lease = (ip: string, hoursAgo: number, endedHoursAgo?: number) => {
      const at = (hours: number) => new Date(now - hours * 3_600_000).toISOString();
      return region.ctx.db.execute(sql`
        insert into leases (site_id, ipv4, mac, subnet_id, given_at, ended_at)
        select site_id, ${ip}, '52:54:00:00:00:01', id, ${at(hoursAgo)}::timestamptz,
          ${endedHoursAgo === undefined ? null : at(endedHoursAgo)}::timestamptz
        from subnets where id = ${subnetId}`);
    };
    await lease("10.0.0.100", 500); // since long before
    await lease("10.0.0.101", 60, 30);
    await lease("10.0.0.102", 30.1, 0.1);
    await lease("10.0.0.103", 200, 97); // over before it begins
    const { leases, stepSeconds } = await get(`subnets/${subnetId}/lease-history?hours=96`);
    expect([leases.length, stepSeconds]).toEqual([97, 3600]);
    const at = (hoursAgo: number) => leases[96 - hoursAgo];
    expect([96, 61, 60, 31, 30, 29, 1, 0].map(at)).toEqual([1, 1, 2, 2, 2, 2, 2, 1]);
    const { leases: open } = await get(`leases?subnetId=${subnetId}&open=true`);
    expect(open).toMatchObject([{ ipv4: "10.0.0.100" }]);
  });

  test("of a large one shows blocks, and looks into them", async () => {
    const { id: subnetId } = await makeSubnet({ cidr: "10.0.0.0/12" });
    await keep(subnetId, "10.3.5.9");
    await post("ip-ranges", { subnetId, kind: "dynamic", first: "10.3.0.8", last: "10.3.3.255" });
    const whole = await get(`subnets/${subnetId}/addresses`);
    expect([whole.addresses, whole.blocks.length]).toEqual([null, 256]);
    const busy = whole.blocks.filter((each: { promised: number }) => each.promised > 0);
    expect(busy).toMatchObject([{ cidr: "10.3.0.0/20", total: 4096, promised: 1, dynamic: 1016 }]);
    const inner = await get(`subnets/${subnetId}/addresses?block=10.3.0.0/20`);
    expect(inner.blocks[80]).toMatchObject({ cidr: "10.3.5.0/28", total: 16, promised: 1 });
    const single = await get(`subnets/${subnetId}/addresses?block=10.3.5.0/28`);
    expect(single.addresses[9]).toMatchObject({ ip: "10.3.5.9", promise: "user" });
    const outside = await region.call(
      `GET /api/v1/subnets/${subnetId}/addresses?block=10.99.0.0/24`,
    );
    expect([outside.status, outside.body.code]).toEqual([400, "address_map.block_outside"]);
  });

  test("of IPv6 has 256 blocks too", async () => {
    const { id: subnetId } = await makeSubnet({ cidr: "2001:db8::/64", gateway: undefined });
    await keep(subnetId);
    const { blocks } = await get(`subnets/${subnetId}/addresses`);
    expect(blocks).toHaveLength(256);
    expect(blocks[0]).toMatchObject({ cidr: "2001:db8::/72", promised: 1 });
    expect((await get(`subnets/${subnetId}/utilisation`)).used).toBe(1);
  });
});
