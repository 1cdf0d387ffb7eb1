import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  siteId = await makeSite(region);
});
afterAll(() => region.stop());

const create = (body: object, as: "operator" | "admin" | "viewer" = "operator") =>
  region.call("POST /api/v1/devices", { as, body: { siteId, ...body } });

describe("a device", () => {
  test("is added, shown with what its MACs were promised, changed and forgotten", async () => {
    const parent = await makeMachine(region, siteId);
    const { status, body, headers } = await create({
      hostname: "switch-1",
      macs: ["52-54-00-D0-00-01"],
      parent,
    });
    expect([status, headers.get("etag")]).toEqual([201, '"1"']);
    expect(body).toMatchObject({
      hostname: "switch-1",
      zone: "default",
      macs: ["52:54:00:d0:00:01"],
      addresses: [],
      parent,
      owner: "operator",
    });
    const subnet = await region.call("POST /api/v1/subnets", {
      body: { siteId, cidr: "10.1.0.0/24" },
    });
    await region.call("POST /api/v1/reservations", {
      body: { subnetId: subnet.body.id, mac: "52:54:00:d0:00:01", ip: "10.1.0.7" },
    });
    const route = `/api/v1/devices/${body.systemId}`;
    expect((await region.call(`GET ${route}`)).body.addresses)
      .toEqual([{ mac: "52:54:00:d0:00:01", address: "10.1.0.7", kind: "reservation" }]);
    const changed = await region.call(`PATCH ${route}`, {
      as: "operator",
      body: { description: "top of rack", macs: [], parent: null },
      headers: { "if-match": '"1"' },
    });
    expect(changed.body).toMatchObject({
      description: "top of rack",
      macs: [],
      parent: null,
      hostname: "switch-1",
      version: 2,
    });
    const stale = await region.call(`DELETE ${route}`, { headers: { "if-match": '"1"' } });
    expect([stale.status, stale.body.code]).toEqual([412, "precondition.failed"]);
    expect((await region.call(`DELETE ${route}`, { as: "operator" })).status).toBe(204);
    expect((await region.call(`GET ${route}`)).body.code).toBe("device.missing");
  });

  test("is refused a name or a MAC that another one has, and a parent elsewhere", async () => {
    const mac = "52:54:00:d0:00:02";
    await create({ hostname: "taken", macs: [mac] });
    expect((await create({ hostname: "taken" })).body.code).toBe("device.hostname_taken");
    expect((await create({ macs: [mac] })).body.code).toBe("device.mac_taken");
    const machine = await makeMachine(region, siteId);
    const macs = (await region.call(`GET /api/v1/machines/${machine}`)).body.macs;
    expect((await create({ macs })).body.code).toBe("device.mac_of_machine");
    expect((await create({ macs: ["zz"] })).body.code).toBe("mac.malformed");
    const away = await makeMachine(region, await makeSite(region));
    expect((await create({ parent: away })).body.code).toBe("device.parent_elsewhere");
    expect((await create({ parent: "nobody" })).body.code).toBe("machine.missing");
    expect((await create({ zone: "nowhere" })).body.code).toBe("zone.missing");
  });

  test("is its owner's and admins' to change", async () => {
    const { body } = await create({}, "admin");
    const route = `/api/v1/devices/${body.systemId}`;
    for (const method of ["PATCH", "DELETE"]) {
      const { status, body } = await region.call(`${method} ${route}`, {
        as: "operator",
        ...(method === "PATCH" ? { body: {} } : {}),
      });
      expect([status, body.code]).toEqual([403, "device.not_yours"]);
    }
  });

  test("goes with its machine, and is listed by it", async () => {
    const parent = await makeMachine(region, siteId);
    const { body } = await create({ parent });
    const list = await region.call(`GET /api/v1/devices?parent=${parent}`);
    expect(list.body.devices.map((d: { systemId: string }) => d.systemId)).toEqual([body.systemId]);
    await region.call(`DELETE /api/v1/machines/${parent}`);
    expect((await region.call(`GET /api/v1/devices/${body.systemId}`)).status).toBe(404);
  });
});

describe("owner data", () => {
  const set = (systemId: string, ownerData: object, as: "operator" | "admin" = "operator") =>
    region.call(`PATCH /api/v1/machines/${systemId}/owner-data`, { as, body: { ownerData } });

  test("is its owner's to say, is merged, and is gone after the release", async () => {
    const systemId = await makeMachine(region, siteId, { hasBmc: false });
    const early = await set(systemId, { a: "1" });
    expect([early.status, early.body.code]).toEqual([403, "machine.not_yours"]);
    await region.call(`POST /api/v1/machines/${systemId}/allocate`, { as: "operator" });
    await set(systemId, { "juju-model": "m1", a: "1" });
    const { body } = await set(systemId, { a: null, b: "2" });
    expect(body.ownerData).toEqual({ "juju-model": "m1", b: "2" });
    expect((await set(systemId, { c: "3" }, "admin")).status).toBe(200);
    await region.call(`POST /api/v1/machines/${systemId}/release`, { as: "operator" });
    expect((await region.call(`GET /api/v1/machines/${systemId}`)).body.ownerData).toEqual({});
  });

  test("has limits", async () => {
    const systemId = await makeMachine(region, siteId);
    for (const data of [{ "": "x" }, { "a b": "x" }, { a: "x".repeat(4097) }, { a: "\u0000" }]) {
      expect((await set(systemId, data, "admin")).body.code).toBe("request.invalid");
    }
    const many = Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`k${i}`, "v"]));
    expect((await set(systemId, many, "admin")).body.code).toBe("machine.too_much_owner_data");
    expect((await set(systemId, { __proto__: "x", constructor: "y" }, "admin")).status).toBe(200);
  });
});
