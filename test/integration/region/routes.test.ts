import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "@/region/app.ts";
import { connect } from "@/region/db/client.ts";
import { formatAction, MACHINE_ACTIONS, type Role, ROLES } from "@/shared/machine/lifecycle.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());

/** Bodies that pass validation, so that what refuses is the check of the role. */
const BODIES: Record<string, unknown> = {
  "POST /api/v1/webhooks": { url: "https://hooks.example.com/" },
  "PATCH /api/v1/webhooks/{webhookId}": {},
  "POST /api/v1/sites": { name: "x" },
  "PATCH /api/v1/sites/{siteId}": {},
  "POST /api/v1/sites/{siteId}/join-tokens": {},
  "POST /api/v1/subnets": { siteId: "s-x", cidr: "10.0.0.0/24" },
  "PATCH /api/v1/subnets/{subnetId}": {},
  "POST /api/v1/ip-ranges": { subnetId: 1, kind: "dynamic", first: "10.0.0.1", last: "10.0.0.2" },
  "PATCH /api/v1/ip-ranges/{rangeId}": {},
  "POST /api/v1/reservations": { subnetId: 1, mac: "52:54:00:00:00:01", ip: "10.0.0.1" },
  "PATCH /api/v1/reservations/{reservationId}": {},
  "POST /api/v1/ip-addresses": { subnetId: 999999 },
  "POST /api/v1/dhcp-options": { option: 7, value: "10.0.0.1" },
  "PATCH /api/v1/dhcp-options/{dhcpOptionId}": {},
  "POST /api/v1/fabrics": { siteId: "s-x", name: "x" },
  "PATCH /api/v1/fabrics/{fabricId}": {},
  "POST /api/v1/vlans": { fabricId: 999999, vid: 10 },
  "PATCH /api/v1/vlans/{vlanId}": {},
  "POST /api/v1/spaces": { name: "x" },
  "PATCH /api/v1/spaces/{spaceId}": {},
  "POST /api/v1/domains": { name: "x.example" },
  "PATCH /api/v1/domains/{domainId}": {},
  "POST /api/v1/domains/{domainId}/records": { name: "x", type: "TXT", data: "x" },
  "PATCH /api/v1/domains/{domainId}/records/{recordId}": {},
  "POST /api/v1/machines": { siteId: "s-x", macs: ["52:54:00:00:00:01"] },
  "PATCH /api/v1/machines/{systemId}": {},
  "POST /api/v1/machines/{systemId}/deploy": { imageId: "i-x" },
  "POST /api/v1/machines/allocate": { cpuCount: 1000 },
  "POST /api/v1/machines/{systemId}/accept-bmc-certificate": { sha256: null },
  "POST /api/v1/sites/{siteId}/bmc-scans": { cidr: "10.0.0.0/24" },
  "PATCH /api/v1/machines/{systemId}/owner-data": { ownerData: {} },
  "POST /api/v1/machines/{systemId}/interfaces": { kind: "bridge", name: "br0", parentIds: [1] },
  "PATCH /api/v1/machines/{systemId}/interfaces/{interfaceId}": {},
  "POST /api/v1/machines/{systemId}/interfaces/{interfaceId}/links": { mode: "link_up" },
  "PATCH /api/v1/machines/{systemId}/interfaces/{interfaceId}/links/{linkId}": {},
  "PUT /api/v1/machines/{systemId}/storage": { layout: "blank" },
  "POST /api/v1/machines/{systemId}/clone": { to: ["999999"], storage: true },
  "POST /api/v1/devices": { siteId: "s-x" },
  "PATCH /api/v1/devices/{systemId}": {},
  "POST /api/v1/zones": { name: "x" },
  "PATCH /api/v1/zones/{id}": {},
  "POST /api/v1/pools": { name: "x" },
  "PATCH /api/v1/pools/{id}": {},
  "POST /api/v1/tags": { name: "x" },
  "POST /api/v1/scripts": { name: "x", type: "testing", source: "#!/bin/sh\n" },
  "PATCH /api/v1/tags/{tagId}": {},
  "POST /api/v1/tags/preview": { definition: "cpu.cores > 1" },
  "PATCH /api/v1/me": {},
  "POST /api/v1/me/password": { currentPassword: "wrong", newPassword: "0123456789" },
  "POST /api/v1/users": { username: "somebody", role: "viewer" },
  "PATCH /api/v1/users/{userId}": {},
  "POST /api/v1/groups": { name: "x" },
  "PATCH /api/v1/groups/{groupId}": {},
  "POST /api/v1/api-keys": { description: "x", scope: "read" },
  "PATCH /api/v1/ssh-keys/{keyId}": { comment: "x" },
  "PUT /api/v1/identity-provider": { issuer: "https://login.example.com", clientId: "x" },
  "POST /api/v1/notifications": { message: "x", forUsers: true },
  "PATCH /api/v1/settings/{settingName}": { value: 1 },
  ...Object.fromEntries(
    [...MACHINE_ACTIONS.map(formatAction), "delete", "update"].map((name) => {
      const more = { deploy: { imageId: "i-x" }, update: { change: {} } }[name];
      return [`POST /api/v1/machines/actions/${name}`, { systemIds: ["999999"], ...more }];
    }),
  ),
  "POST /api/v1/images": {
    ...{ name: "x", os: "x", release: "x", architecture: "amd64" },
    files: [{ role: "squashfs", sha256: "0".repeat(64) }],
  },
  "POST /api/v1/image-files": { sha256: "0".repeat(64), bytes: 1 },
  "POST /api/v1/boot-sources": { name: "x", url: "http://images.example.com/", keyring: null },
  "PATCH /api/v1/boot-sources/{sourceId}": {},
};

async function listRoutes(): Promise<{ route: string; role: string }[]> {
  const { body } = await region.call("GET /api/v1/openapi.json", { as: null });
  const paths = body.paths as Record<string, Record<string, { "x-required-role": string }>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      role: operation["x-required-role"],
    }))
  );
}

/** `{rangeId}` and the like become something that has the right form and does not exist. */
const concrete = (route: string) => route.replaceAll(/\{\w+\}/g, "999999");

describe("routes", () => {
  test("are those of the golden list, each with the role it needs", async () => {
    const lines = (await listRoutes()).map(({ route, role }) => `${role.padEnd(8)} ${route}`);
    const text = lines.sort((a, b) => (a.slice(9) < b.slice(9) ? -1 : 1)).join("\n") + "\n";
    await expect(text).toMatchFileSnapshot("./routes.golden.txt");
  });

  test("let nobody in without credentials, but to sign in and to ask for the health", async () => {
    for (const { route, role } of await listRoutes()) {
      const { status, body } = await region.call(concrete(route), { as: null });
      const isPublic = role === "nobody";
      expect([route, status === 401], JSON.stringify(body)).toEqual([route, !isPublic]);
    }
  });

  test("refuse a caller whose role is weaker than the golden list says, and no other", async () => {
    for (const { route, role } of await listRoutes()) {
      const needed = ROLES.indexOf(role as Role);
      for (const [i, as] of ROLES.entries()) {
        if (needed < 0) continue;
        const { status, body } = await region.call(concrete(route), { as, body: BODIES[route] });
        expect([route, as, status === 403], JSON.stringify(body)).toEqual([route, as, i < needed]);
        if (status === 403) expect(body.code).toBe("caller.role_too_weak");
      }
    }
  }, 60_000);

  test("answer 404 with a code for what is not there", async () => {
    for (const { route } of await listRoutes()) {
      if (!route.includes("{")) continue;
      const { status, body, headers } = await region.call(concrete(route), { body: BODIES[route] });
      expect([route, status], JSON.stringify(body)).toEqual([route, 404]);
      expect(body.code).toMatch(/^[a-z_]+\.missing$/);
      expect(headers.get("content-type")).toBe("application/problem+json");
    }
    const { status, body } = await region.call("GET /api/v1/nonsense");
    expect([status, body.code]).toEqual([404, "route.missing"]);
  });

  test("that write refuse fields they do not know", async () => {
    for (const [route, body] of Object.entries(BODIES)) {
      const answer = await region.call(concrete(route), { body: { ...Object(body), surprise: 1 } });
      expect([route, answer.status, answer.body.code]).toEqual([route, 400, "request.invalid"]);
      expect(answer.body.errors[0].detail).toContain("surprise");
    }
  });

  test("refuse a body that is broken, not JSON, or too large", async () => {
    const route = "POST /api/v1/sites";
    const broken = await region.call(route, { body: "{" });
    expect([broken.status, broken.body.code]).toEqual([400, "request.malformed"]);
    const plain = await region.call(route, {
      body: "name=x",
      headers: { "content-type": "text/plain" },
    });
    expect([plain.status, plain.body.code]).toEqual([415, "request.unsupported_media_type"]);
    const large = await region.call(route, { body: { name: "x".repeat(2 ** 20) } });
    expect([large.status, large.body.code]).toEqual([413, "request.too_large"]);
  });

  test("name the field that is wrong", async () => {
    const { body } = await region.call("POST /api/v1/machines", {
      body: { siteId: "s-x", macs: ["52:54:00:00:00:01", 7] },
    });
    expect(body).toMatchObject({ status: 400, code: "request.invalid", field: "macs[1]" });
  });

  test("hide what went wrong inside, and log it", async () => {
    const response = await createApp({ ...region.ctx, db: undefined as never })
      .request("/api/v1/me", { headers: { authorization: `Bearer rws_${"0".repeat(64)}` } });
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: "internal", detail: "Internal error" });
    expect(region.logged.map(({ event }) => event)).toContain("request.failed");
  });

  test("say that the database is away, and when to ask again", async () => {
    const away = connect({ url: "postgres://nobody@127.0.0.1:1/none" });
    const response = await createApp({ ...region.ctx, db: away.db })
      .request("/api/v1/me", { headers: { authorization: `Bearer rws_${"0".repeat(64)}` } });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(await response.json()).toMatchObject({ code: "database.unavailable" });
    await away.close();
  });

  test("are described in OpenAPI 3.1", async () => {
    const { body } = await region.call("GET /api/v1/openapi.json", { as: null });
    expect(body.openapi).toBe("3.1.0");
    const paths = body.paths as Record<string, Record<string, Record<string, unknown>>>;
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.filter((id, i) => !id || ids.indexOf(id) !== i)).toEqual([]);
    expect(operations.filter(({ summary }) => !summary)).toEqual([]);
    const described = new Set(body.tags.map(({ name }: { name: string }) => name));
    const used = new Set(operations.flatMap(({ tags }) => tags as string[] ?? []));
    expect([...used].sort()).toEqual([...described].sort());
    expect(body.paths["/api/v1/machines"].post.requestBody.required).toBe(true);
  });
});
