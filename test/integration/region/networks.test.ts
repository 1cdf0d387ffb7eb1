import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openLease } from "@/region/db/queries/outcomes.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import { readSiteDocument } from "./site_document.ts";
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
const makeSubnet = async (more: Record<string, unknown> = {}) =>
  (await post("subnets", { siteId, cidr: "10.0.0.0/24", gateway: "10.0.0.1", ...more })).body;

describe("sites", () => {
  test("are made, read, renamed, listed", async () => {
    const made = await post("sites", { name: "Berlin 1" });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: "Berlin 1", enlist: true });
    const { id } = made.body;
    const patched = await region.call(`PATCH /api/v1/sites/${id}`, {
      body: { name: "Berlin 2", enlist: false },
    });
    expect(patched.body).toMatchObject({ id, name: "Berlin 2", enlist: false });
    expect((await region.call(`GET /api/v1/sites/${id}`)).body.name).toBe("Berlin 2");
    const { body } = await region.call("GET /api/v1/sites");
    expect(body.sites.map((site: { id: string }) => site.id)).toContain(id);
    expect(JSON.stringify(body)).not.toContain("sealed");
  });

  test("are changed by who has seen them last, and published at once", async () => {
    const path = `PATCH /api/v1/sites/${siteId}`;
    const first = await region.call(`GET /api/v1/sites/${siteId}`);
    const seen = { "if-match": first.headers.get("etag") ?? "" };
    const changed = await region.call(path, { body: { name: "Changed" }, headers: seen });
    expect([changed.status, changed.body.version]).toEqual([200, first.body.version + 1]);
    expect((await readSiteDocument(region, siteId)).site.name).toBe("Changed");
    const late = await region.call(path, { body: { name: "Late" }, headers: seen });
    expect([late.status, late.body.code]).toEqual([412, "precondition.failed"]);
    const any = await region.call(path, { body: { name: "Any" }, headers: { "if-match": "*" } });
    expect([any.status, any.body.name]).toEqual([200, "Any"]);
  });

  test("have names of their own", async () => {
    await post("sites", { name: "Twin" });
    const again = await post("sites", { name: "Twin" });
    expect([again.status, again.body.code]).toEqual([409, "site.name_taken"]);
    expect(
      (await region.call(`PATCH /api/v1/sites/${siteId}`, { body: { name: "Twin" } })).body.code,
    )
      .toBe("site.name_taken");
  });

  test("hand out join tokens with the command to run", async () => {
    const { status, body } = await post(`sites/${siteId}/join-tokens`, { expiresInSeconds: 600 });
    expect(status).toBe(201);
    expect(body.token).toMatch(/^rwj_[0-9a-z]+_[0-9a-f]{48}_[\w-]{43}$/);
    expect(body.command)
      .toBe(`rackwright-agent join https://region.example.com --token ${body.token}`);
    expect(Date.parse(body.expiresAt) - region.ctx.now().getTime()).toBe(600_000);
  });
});

describe("subnets", () => {
  test("are made with sensible defaults, changed and removed, and publish each time", async () => {
    const isPublished = async () => {
      const site = await findSite(region.ctx.db, siteId);
      return site?.publishedGeneration === site?.wantedGeneration;
    };
    const generation = async () =>
      (await findSite(region.ctx.db, siteId))?.publishedGeneration ?? 0;
    const before = await generation();
    const subnet = await makeSubnet();
    expect(subnet).toMatchObject({
      cidr: "10.0.0.0/24",
      gateway: "10.0.0.1",
      dnsServers: [],
      domain: null,
      dhcp: true,
      leaseSeconds: 3600,
    });
    expect(await generation()).toBeGreaterThan(before);
    const path = `/api/v1/subnets/${subnet.id}`;
    const changed = await region.call(`PATCH ${path}`, {
      body: { gateway: null, dnsServers: ["10.0.0.53"], domain: "rack.example.com", dhcp: false },
    });
    expect(changed.body).toMatchObject({
      gateway: null,
      dnsServers: ["10.0.0.53"],
      domain: "rack.example.com",
      dhcp: false,
    });
    expect(await isPublished()).toBe(true);
    expect((await region.call(`GET /api/v1/subnets?siteId=${siteId}`)).body.subnets)
      .toEqual([changed.body]);
    expect((await region.call(`DELETE ${path}`)).status).toBe(204);
    expect(await isPublished()).toBe(true);
    expect((await region.call(`GET ${path}`)).status).toBe(404);
  });

  test.each([
    [{ cidr: "10.0.0.1/24" }, 400, "network.host_bits"],
    [{ cidr: "banana" }, 400, "network.malformed"],
    [{ cidr: "10.0.0.0/31" }, 400, "subnet.bad_prefix"],
    [{ cidr: "10.9.0.0/24", gateway: "10.0.0.1" }, 400, "subnet.address_outside"],
    [{ cidr: "10.9.0.0/24", gateway: "10.9.0.0" }, 400, "subnet.address_not_usable"],
    [{ cidr: "10.9.0.0/24", dnsServers: ["010.0.0.1"] }, 400, "ipv4.malformed"],
    [{ cidr: "10.9.0.0/24", leaseSeconds: 1 }, 400, "request.invalid"],
    [{ cidr: "10.9.0.0/24", domain: "no spaces" }, 400, "request.invalid"],
    [{ cidr: "10.0.0.128/25" }, 409, "subnet.overlaps"],
  ])("are refused when they make no sense: %j", async (body, status, code) => {
    await makeSubnet();
    const answer = await post("subnets", { siteId, ...body });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test("that overlap cannot be made at the same time either", async () => {
    const answers = await Promise.all(
      ["10.1.0.0/16", "10.1.2.0/24", "10.1.0.0/17"].map((cidr) =>
        post("subnets", { siteId, cidr })
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  });
});

describe("ranges and reservations", () => {
  test("are made, listed and removed", async () => {
    const { id: subnetId } = await makeSubnet();
    const range = await post("ip-ranges", {
      subnetId,
      kind: "dynamic",
      first: "10.0.0.100",
      last: "10.0.0.199",
    });
    expect(range.status).toBe(201);
    const reservation = await post("reservations", {
      subnetId,
      mac: "52-54-00-00-00-01",
      ip: "10.0.0.10",
    });
    expect(reservation.body).toMatchObject({ mac: "52:54:00:00:00:01", ip: "10.0.0.10" });
    expect((await region.call(`GET /api/v1/ip-ranges?subnetId=${subnetId}`)).body.ipRanges)
      .toEqual([range.body]);
    expect((await region.call(`GET /api/v1/reservations?subnetId=${subnetId}`)).body.reservations)
      .toEqual([reservation.body]);
    expect((await region.call(`DELETE /api/v1/ip-ranges/${range.body.id}`)).status).toBe(204);
    expect((await region.call(`DELETE /api/v1/reservations/${reservation.body.id}`)).status)
      .toBe(204);
  });

  test.each([
    ["ip-ranges", { first: "10.0.0.150", last: "10.0.0.120" }, 400, "range.backwards"],
    ["ip-ranges", { first: "10.0.0.200", last: "10.0.1.10" }, 400, "subnet.address_outside"],
    ["ip-ranges", { first: "10.0.0.240", last: "10.0.0.255" }, 400, "subnet.address_not_usable"],
    ["ip-ranges", { first: "10.0.0.199", last: "10.0.0.210" }, 409, "range.overlaps"],
    ["ip-ranges", { first: "10.0.0.1", last: "10.0.0.5" }, 409, "range.holds_gateway"],
    ["reservations", { ip: "10.0.0.1" }, 409, "ip_address.is_gateway"],
    ["reservations", { ip: "10.0.0.10" }, 409, "ip_address.taken"],
    ["reservations", { mac: "52:54:00:00:00:01" }, 409, "reservation.mac_taken"],
    ["reservations", { ip: "10.0.9.1" }, 400, "subnet.address_outside"],
    ["reservations", { mac: "nonsense" }, 400, "mac.malformed"],
  ])("are refused when they make no sense: %s %j", async (noun, body, status, code) => {
    const { id: subnetId } = await makeSubnet();
    await post("ip-ranges", { subnetId, kind: "dynamic", first: "10.0.0.100", last: "10.0.0.199" });
    await post("reservations", { subnetId, mac: "52:54:00:00:00:01", ip: "10.0.0.10" });
    const whole = noun === "ip-ranges"
      ? { subnetId, kind: "dynamic", ...body }
      : { subnetId, mac: "52:54:00:00:00:02", ip: "10.0.0.11", ...body };
    const answer = await post(noun, whole);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test("keep the router off addresses that are given out", async () => {
    const { id: subnetId } = await makeSubnet({ gateway: undefined });
    await post("ip-ranges", { subnetId, kind: "dynamic", first: "10.0.0.100", last: "10.0.0.199" });
    const { status, body } = await region.call(`PATCH /api/v1/subnets/${subnetId}`, {
      body: { gateway: "10.0.0.100" },
    });
    expect([status, body.code]).toEqual([409, "subnet.gateway_given_out"]);
  });
});

describe("leases", () => {
  test("are listed newest first, open ones alone when asked", async () => {
    const at = region.ctx.now();
    const lease = (mac: string, givenAt: Date) =>
      openLease(region.ctx.db, {
        siteId,
        ipv4: "10.0.0.100",
        mac,
        subnetId: 1,
        hostname: null,
        givenAt,
      });
    await lease("52:54:00:00:00:01", at);
    await lease("52:54:00:00:00:02", new Date(at.getTime() + 1000));
    const macs = async (query: string) =>
      (await region.call(`GET /api/v1/leases?siteId=${siteId}${query}`)).body.leases
        .map((each: { mac: string }) => each.mac.slice(-1));
    expect(await macs("")).toEqual(["2", "1"]);
    expect(await macs("&open=true")).toEqual(["2"]);
    expect(await macs("&open=false")).toEqual(["2", "1"]);
    expect(await macs("&limit=1")).toEqual(["2"]);
  });
});

describe("ssh keys", () => {
  const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS";

  test("are each user's own", async () => {
    const made = await post("ssh-keys", { key: ` ${KEY} ada@example.com\n` });
    expect(made.body).toMatchObject({ key: KEY, comment: "ada@example.com" });
    expect((await post("ssh-keys", { key: KEY })).body.code).toBe("ssh_key.known");
    const theirs = await region.call("GET /api/v1/ssh-keys", { as: "viewer" });
    expect(theirs.body.sshKeys).toEqual([]);
    const path = `DELETE /api/v1/ssh-keys/${made.body.id}`;
    expect((await region.call(path, { as: "operator" })).status).toBe(404);
    expect((await region.call(path)).status).toBe(204);
  });
});
