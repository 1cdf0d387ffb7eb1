import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { openLease } from "@/region/db/queries/outcomes.ts";
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

const post = (noun: string, body: unknown) => region.call(`POST /api/v1/${noun}`, { body });
const get = async (path: string) => (await region.call(`GET /api/v1/${path}`)).body;
const makeSubnet = async (more: Record<string, unknown> = {}) =>
  (await post("subnets", { siteId, cidr: "10.0.0.0/24", gateway: "10.0.0.1", ...more })).body;
const defaultFabric = async () => (await get(`fabrics?siteId=${siteId}`)).fabrics[0];
const defaultVlan = async () => (await get(`vlans?siteId=${siteId}`)).vlans[0];

describe("a new site", () => {
  test("has a fabric with an untagged VLAN, where its subnets go", async () => {
    const fabric = await defaultFabric();
    expect(fabric).toMatchObject({ siteId, name: "default", isDefault: true, version: 1 });
    const vlan = await defaultVlan();
    expect(vlan).toMatchObject({ fabricId: fabric.id, vid: 0, mtu: 1500, dhcp: true });
    expect((await makeSubnet()).vlanId).toBe(vlan.id);
    const gone = await region.call(`DELETE /api/v1/fabrics/${fabric.id}`);
    expect([gone.status, gone.body.code]).toEqual([409, "fabric.is_default"]);
    const untagged = await region.call(`DELETE /api/v1/vlans/${vlan.id}`);
    expect([untagged.status, untagged.body.code]).toEqual([409, "vlan.is_untagged"]);
  });
});

describe("fabrics, VLANs and spaces", () => {
  test("are made, changed with If-Match, listed page by page, removed", async () => {
    const fabric = await post("fabrics", { siteId, name: "storage", classType: "25g" });
    expect([fabric.status, fabric.headers.get("etag")]).toEqual([201, '"1"']);
    const path = `PATCH /api/v1/fabrics/${fabric.body.id}`;
    const changed = await region.call(path, {
      body: { description: "row 4" },
      headers: { "if-match": '"1"' },
    });
    expect(changed.body).toMatchObject({ description: "row 4", classType: "25g", version: 2 });
    const stale = await region.call(path, { body: {}, headers: { "if-match": '"1"' } });
    expect([stale.status, stale.body.code]).toEqual([412, "precondition.failed"]);
    const first = await get(`fabrics?siteId=${siteId}&limit=1`);
    expect(first).toMatchObject({ fabrics: [{ name: "default" }] });
    const second = await get(`fabrics?siteId=${siteId}&limit=1&cursor=${first.nextCursor}`);
    expect(second).toMatchObject({ fabrics: [{ name: "storage" }], nextCursor: null });

    const space = (await post("spaces", { name: `space of ${siteId}` })).body;
    const vlan = await post("vlans", { fabricId: fabric.body.id, vid: 42, spaceId: space.id });
    expect(vlan.body).toMatchObject({ siteId, vid: 42, name: "vlan-42", spaceId: space.id });
    expect((await get(`vlans?spaceId=${space.id}`)).vlans).toHaveLength(1);
    const subnet = await makeSubnet({ vlanId: vlan.body.id });
    for (const query of [`spaceId=${space.id}`, `fabricId=${fabric.body.id}`]) {
      expect((await get(`subnets?${query}`)).subnets).toMatchObject([{ id: subnet.id }]);
    }
    const held = await region.call(`DELETE /api/v1/fabrics/${fabric.body.id}`);
    expect([held.status, held.body.code]).toEqual([409, "fabric.has_subnets"]);
    expect((await region.call(`DELETE /api/v1/spaces/${space.id}`)).status).toBe(204);
    expect((await get(`vlans/${vlan.body.id}`)).spaceId).toBeNull();
    await region.call(`DELETE /api/v1/subnets/${subnet.id}`);
    expect((await region.call(`DELETE /api/v1/fabrics/${fabric.body.id}`)).status).toBe(204);
    expect((await region.call(`GET /api/v1/vlans/${vlan.body.id}`)).status).toBe(404);
  });

  test("are refused when they make no sense", async () => {
    const fabricId = (await defaultFabric()).id;
    const otherSite = await makeSite(region);
    const other = (await get(`vlans?siteId=${otherSite}`)).vlans[0];
    await post("vlans", { fabricId, vid: 7 });
    const cases: [string, unknown, number, string][] = [
      ["fabrics", { siteId, name: "default" }, 409, "fabric.name_taken"],
      ["fabrics", { siteId: "s-none", name: "x" }, 404, "site.missing"],
      ["vlans", { fabricId, vid: 7 }, 409, "vlan.vid_taken"],
      ["vlans", { fabricId, vid: 4095 }, 400, "request.invalid"],
      ["vlans", { fabricId, vid: 8, mtu: 100 }, 400, "request.invalid"],
      ["vlans", { fabricId, vid: 8, spaceId: 999999 }, 404, "space.missing"],
      ["vlans", { fabricId, vid: 8, relayVlanId: other.id }, 400, "vlan.relay_elsewhere"],
      ["subnets", { siteId, cidr: "10.7.0.0/24", vlanId: other.id }, 400, "subnet.vlan_elsewhere"],
    ];
    for (const [noun, body, status, code] of cases) {
      const answer = await post(noun, body);
      expect([noun, answer.status, answer.body.code]).toEqual([noun, status, code]);
    }
  });

  test("leave an audit entry and a line in the timeline", async () => {
    const { id } = (await post("fabrics", { siteId, name: "seen" })).body;
    await region.call(`DELETE /api/v1/fabrics/${id}`);
    const { rows } = await region.ctx.db.execute(sql`
      select action, username, before is null as made from audit_entries
      where kind = 'fabric' and object_id = ${String(id)} order by id`) as unknown as {
      rows: unknown[];
    };
    expect(rows).toEqual([
      { action: "fabric.create", username: "admin", made: true },
      { action: "fabric.delete", username: "admin", made: false },
    ]);
    const lines = await region.ctx.db.execute(sql`
      select message from events where site_id = ${siteId} order by id`) as unknown as {
      rows: { message: string }[];
    };
    expect(lines.rows.map(({ message }) => message).sort())
      .toEqual(["admin made the fabric seen", "admin removed the fabric seen"]);
  });
});

describe("subnets of IPv6", () => {
  test("stand beside those of IPv4, and are not served by DHCP", async () => {
    const subnet = await makeSubnet({ cidr: "2001:DB8:0::/64", gateway: "fe80::1" });
    expect(subnet).toMatchObject({
      cidr: "2001:db8::/64",
      family: 6,
      gateway: "fe80::1",
      dhcpMode: "off",
    });
    const served = await post("subnets", { siteId, cidr: "2001:db9::/64", dhcpMode: "serve" });
    expect([served.status, served.body.code]).toEqual([400, "subnet.no_dhcpv6"]);
    const { body } = await post("reservations", {
      subnetId: subnet.id,
      mac: "52:54:00:00:00:01",
      ip: "2001:0db8::0010",
    });
    expect(body.ip).toBe("2001:db8::10");
    const again = await post("reservations", {
      subnetId: subnet.id,
      mac: "52:54:00:00:00:02",
      ip: "2001:db8::10",
    });
    expect([again.status, again.body.code]).toEqual([409, "ip_address.taken"]);
  });
});

describe("what a subnet announces", () => {
  test("is checked when it is saved, and the fault is named", async () => {
    const { id } = await makeSubnet();
    const path = `PATCH /api/v1/subnets/${id}`;
    const good = {
      ntpServers: ["10.0.0.123"],
      searchDomains: ["a.example", "example"],
      classlessRoutes: [{ destination: "10.9.0.0/16", gateway: "10.0.0.9" }],
      dhcpMode: "proxy",
    };
    const { body } = await region.call(path, { body: good });
    expect(body).toMatchObject({ ...good, dhcp: false, version: 2 });
    const bad: [Record<string, unknown>, string, string][] = [
      [{ ntpServers: ["10.0.0.1", "x"] }, "ipv4.malformed", "ntpServers[1]"],
      [
        { classlessRoutes: [{ destination: "10.9.0.1/16", gateway: "10.0.0.9" }] },
        "network.host_bits",
        "classlessRoutes[0].destination",
      ],
      [
        { classlessRoutes: [{ destination: "10.9.0.0/16", gateway: "10.1.0.9" }] },
        "subnet.route_gateway_outside",
        "classlessRoutes[0].gateway",
      ],
      [
        { classlessRoutes: [{ destination: "2001:db8::/32", gateway: "10.0.0.9" }] },
        "subnet.route_of_other_family",
        "classlessRoutes[0].destination",
      ],
    ];
    for (const [change, code, field] of bad) {
      const answer = await region.call(path, { body: change });
      expect([answer.status, answer.body.code, answer.body.field]).toEqual([400, code, field]);
    }
    const rows = await readSiteRows(region.ctx.db, siteId);
    expect(rows?.subnets).toMatchObject([{ ...good, version: 2 }]);
  });
});

describe("reservations", () => {
  test("move, keep their word in a dynamic range, and refuse what another machine uses", async () => {
    const { id: subnetId } = await makeSubnet();
    await post("ip-ranges", { subnetId, kind: "dynamic", first: "10.0.0.100", last: "10.0.0.199" });
    const mac = "52:54:00:00:00:01";
    const made = await post("reservations", { subnetId, mac, ip: "10.0.0.150", hostname: "sw1" });
    expect(made.body).toMatchObject({ mac, ip: "10.0.0.150", hostname: "sw1" });
    await openLease(region.ctx.db, {
      siteId,
      ipv4: "10.0.0.151",
      mac: "52:54:00:00:00:77",
      subnetId,
      hostname: null,
      givenAt: region.ctx.now(),
    });
    const path = `PATCH /api/v1/reservations/${made.body.id}`;
    const leased = await region.call(path, { body: { ip: "10.0.0.151" } });
    expect([leased.status, leased.body.code]).toEqual([409, "ip_address.leased"]);
    const moved = await region.call(path, { body: { ip: "10.0.0.152", comment: "top of rack" } });
    expect(moved.body).toMatchObject({ ip: "10.0.0.152", comment: "top of rack", version: 2 });
    const any = await post("reservations", { subnetId, mac: "52:54:00:00:00:02" });
    expect(any.body.ip).toBe("10.0.0.2");
  });
});
