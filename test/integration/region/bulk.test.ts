import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApp } from "@/region/app.ts";
import { findMachine } from "@/region/db/queries/machines.ts";
import { makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
import {
  type Answer,
  type RegionUnderTest,
  type RequestOptions,
  startRegionUnderTest,
} from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
let imageId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  imageId = await makeImage(region);
  await region.call("POST /api/v1/zones", { body: { name: "row 1" } });
  await region.call("POST /api/v1/tags", { body: { name: "gpu" } });
});
afterAll(() => region.stop());
beforeEach(async () => {
  siteId = await makeSite(region);
});

async function ask(
  action: string,
  body: object,
  { dryRun = false, ...options }: Omit<RequestOptions, "body"> & { dryRun?: boolean } = {},
): Promise<Answer> {
  const query = dryRun ? "?dryRun=true" : "";
  return await region.call(`POST /api/v1/machines/actions/${action}${query}`, { body, ...options });
}

const statusOf = async (systemId: string) => (await findMachine(region.ctx.db, systemId))?.status;

async function makeMachines(...statuses: Parameters<typeof makeMachine>[2][]): Promise<string[]> {
  const made = [];
  for (const options of statuses) made.push(await makeMachine(region, siteId, options));
  return made;
}

describe("an action on many machines", () => {
  test("is done to those it can be done to, and says why not to the others", async () => {
    const [ready, fresh] = await makeMachines({ status: "Ready" }, { status: "New" });
    const { status, body, text } = await ask("deploy", {
      systemIds: [ready, fresh, "nobody"],
      imageId,
      comment: "together",
    });
    expect(status, text).toBe(200);
    expect(body).toMatchObject({ dryRun: false, machines: 3, ok: 1, refused: 2 });
    expect(body.results).toMatchObject([
      { systemId: ready, outcome: "ok", status: "Deploying" },
      { systemId: fresh, outcome: "refused", refusal: { code: "machine.action_refused" } },
      { systemId: "nobody", hostname: null, refusal: { code: "machine.missing" } },
    ]);
    const operation = await region.call(`GET /api/v1/operations/${body.results[0].operationId}`);
    expect(operation.body).toMatchObject({ kind: "deploy", machine: ready, comment: "together" });
    expect(await statusOf(String(fresh))).toBe("New");
  });

  test("as a dry run says what would be done to how many, and does nothing", async () => {
    const [ready, fresh, broken] = await makeMachines(
      { status: "Ready" },
      { status: "New" },
      { status: "Broken" },
    );
    const filter = { siteId };
    const { body } = await ask("deploy", { filter, imageId }, { dryRun: true });
    expect(body).toMatchObject({
      dryRun: true,
      machines: 3,
      ok: 1,
      refused: 2,
      refusals: [{ code: "machine.action_refused", machines: 2 }],
    });
    expect(body.results[0]).toMatchObject({ systemId: ready, outcome: "ok", status: "Deploying" });
    for (const [id, was] of [[ready, "Ready"], [fresh, "New"], [broken, "Broken"]] as const) {
      expect(await statusOf(String(id))).toBe(was);
    }
    expect((await region.call(`GET /api/v1/operations?machine=${ready}`)).body.operations)
      .toEqual([]);
  });

  test("takes the list's filters, in the list's words", async () => {
    const [a, b] = await makeMachines({ status: "Ready" }, { status: "Broken" });
    const { body } = await ask("lock", { filter: { siteId, status: "Ready,Allocated" } });
    expect(body.results.map((each: { systemId: string }) => each.systemId)).toEqual([a]);
    expect((await findMachine(region.ctx.db, String(b)))?.isLocked).toBe(false);
  });

  test("is not done at all when the machines are not as many as expected", async () => {
    const [a] = await makeMachines({ status: "Ready" }, { status: "Ready" });
    const { status, body } = await ask("lock", { filter: { siteId }, expect: 1 });
    expect([status, body.code, body.accepted]).toEqual([409, "machines.count_differs", "2"]);
    expect((await findMachine(region.ctx.db, String(a)))?.isLocked).toBe(false);
    expect((await ask("lock", { filter: { siteId }, expect: 2 })).body.ok).toBe(2);
  });

  test("wants to know which: ids or a filter that filters, not both, not all by silence", async () => {
    for (const chosen of [{}, { filter: {} }, { systemIds: ["a"], filter: { siteId } }]) {
      const { status, body, text } = await ask("lock", chosen);
      expect([status, body.code], text).toEqual([400, "request.invalid"]);
      expect(body.accepted).toContain("either systemIds, or a filter");
    }
    const many = await ask("lock", { systemIds: Array.from({ length: 1001 }, (_, i) => `m${i}`) });
    expect([many.status, many.body.field]).toEqual([400, "systemIds"]);
    const unknown = await ask("lock", { filter: { colour: "red" } });
    expect([unknown.status, unknown.body.field]).toEqual([400, "filter.colour"]);
  });

  test("reaches no machine of a pool that the caller may not know of", async () => {
    const pool = await region.call("POST /api/v1/pools", { body: { name: `p-${siteId}` } });
    const token = await region.addUser("operator");
    const me = await region.call("GET /api/v1/me", { as: { token } });
    await region.call(`PATCH /api/v1/users/${me.body.id}`, { body: { poolIds: [pool.body.id] } });
    const [hidden] = await makeMachines({ status: "Ready" });
    const byId = await ask("lock", { systemIds: [hidden] }, { as: { token } });
    expect(byId.body.results).toMatchObject([{
      hostname: null,
      refusal: { code: "machine.missing" },
    }]);
    const byFilter = await ask("lock", { filter: { siteId } }, { as: { token } });
    expect(byFilter.body).toMatchObject({ machines: 0, results: [] });
    expect((await findMachine(region.ctx.db, String(hidden)))?.isLocked).toBe(false);
  });

  test("publishes the site's document once, with all of it", async () => {
    const ids = await makeMachines(
      ...Array.from({ length: 5 }, () => ({ status: "Ready" as const })),
    );
    let puts = 0;
    const objectStore = {
      ...region.ctx.objectStore,
      get: region.ctx.objectStore.get.bind(region.ctx.objectStore),
      put: (...put: Parameters<typeof region.ctx.objectStore.put>) => {
        puts++;
        return region.ctx.objectStore.put(...put);
      },
    };
    const app = createApp({ ...region.ctx, objectStore });
    const key = await region.addUser("admin");
    const response = await app.request("/api/v1/machines/actions/deploy", {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ systemIds: ids, imageId }),
    });
    expect((await response.json()).ok).toBe(5);
    expect(puts).toBe(1);
  });
});

describe("an Idempotency-Key for many machines", () => {
  const headers = () => ({ "idempotency-key": crypto.randomUUID() });

  test("answers a repeat as the first time", async () => {
    const request = { systemIds: await makeMachines({ status: "Ready" }), imageId };
    const key = headers();
    const first = await ask("deploy", request, { headers: key });
    const again = await ask("deploy", request, { headers: key });
    expect(first.body.ok, first.text).toBe(1);
    expect(again.text).toBe(first.text);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  test("lets a repeat go on where the first one was interrupted", async () => {
    const systemIds = await makeMachines({ status: "Ready" }, { status: "Ready" });
    const key = await region.addUser("admin");
    const request = { systemIds, imageId };
    const headers = { "idempotency-key": "go-on" };
    // The database goes away behind the first machine.
    let locked = 0;
    const db = new Proxy(region.ctx.db, {
      get: (target, name) => {
        const isGone = name === "transaction" && ++locked > 1;
        if (isGone) throw new Error("the power went");
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const failed = await createApp({ ...region.ctx, db }).request(
      "/api/v1/machines/actions/deploy",
      {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
        body: JSON.stringify(request),
      },
    );
    expect(failed.status).toBe(500);
    const { body, text } = await ask("deploy", request, { headers, as: { token: key } });
    expect(body, text).toMatchObject({ ok: 2, refused: 0 });
    for (const { systemId, operationId } of body.results) {
      const { body: { operations } } = await region.call(
        `GET /api/v1/operations?machine=${systemId}`,
      );
      expect(operations.map(({ id }: { id: string }) => id)).toEqual([operationId]);
    }
  });

  test("starts nothing twice when the request comes several times at once", async () => {
    const systemIds = await makeMachines({ status: "Ready" }, { status: "Ready" });
    const key = headers();
    await Promise.all(
      Array.from({ length: 4 }, () => ask("power-query", { systemIds }, { headers: key })),
    );
    for (const systemId of systemIds) {
      const { body } = await region.call(`GET /api/v1/operations?machine=${systemId}`);
      expect(body.operations).toHaveLength(1);
    }
  });
});

describe("a change of many machines", () => {
  test("sets zone, tags and description of each", async () => {
    const systemIds = await makeMachines({}, {});
    const change = { zone: "row 1", tags: { add: ["gpu"] }, description: "moved" };
    const { body, text } = await ask("update", { systemIds, change });
    expect(body, text).toMatchObject({ ok: 2 });
    for (const systemId of systemIds) {
      const { body } = await region.call(`GET /api/v1/machines/${systemId}`);
      expect(body).toMatchObject({ zone: "row 1", tags: ["gpu"], description: "moved" });
    }
  });

  test("as a dry run is refused for what it would be, and changes nothing", async () => {
    const [systemId] = await makeMachines({});
    const request = { systemIds: [systemId], change: { zone: "nowhere" } };
    const refused = await ask("update", request, { dryRun: true });
    expect(refused.body.refusals).toEqual([{ code: "zone.missing", machines: 1 }]);
    const fine = await ask("update", { ...request, change: { zone: "row 1" } }, { dryRun: true });
    expect(fine.body.ok).toBe(1);
    expect((await region.call(`GET /api/v1/machines/${systemId}`)).body.zone).toBe("default");
  });

  test("takes no name and no BMC, which are each machine's own", async () => {
    const answer = await ask("update", { systemIds: ["abcdef"], change: { hostname: "x" } });
    expect([answer.status, answer.body.field]).toEqual([400, "change.hostname"]);
  });

  test("that forgets them leaves those that are at work or locked", async () => {
    const systemIds = await makeMachines({ status: "Ready" }, { status: "Ready" });
    await ask("lock", { systemIds: systemIds.slice(1) });
    const tried = await ask("delete", { systemIds }, { dryRun: true });
    expect(tried.body).toMatchObject({
      ok: 1,
      refusals: [{ code: "machine.locked", machines: 1 }],
    });
    expect(await statusOf(String(systemIds[0]))).toBe("Ready");
    expect((await ask("delete", { systemIds })).body).toMatchObject({ ok: 1, refused: 1 });
    expect(await statusOf(String(systemIds[0]))).toBeUndefined();
    expect(await statusOf(String(systemIds[1]))).toBe("Ready");
  });
});

describe("a dry run of one machine's action", () => {
  test("shows the work with its install script, and starts nothing", async () => {
    const [systemId] = await makeMachines({ status: "Ready" });
    const path = `POST /api/v1/machines/${systemId}/deploy`;
    const request = { body: { imageId, userData: "#cloud-config\npassword: never\n" } };
    const { status, body, text } = await region.call(`${path}?dryRun=true`, request);
    expect(status, text).toBe(200);
    expect(body.preview).toMatchObject({
      status: "Deploying",
      endsOperation: null,
      work: { kind: "deploy", imageId, hasUserData: true },
    });
    expect(body.preview.work.installScript).toContain("#!/bin/sh");
    expect(body.preview.work.phases.length).toBeGreaterThan(1);
    expect(text).not.toContain("never");
    expect(await statusOf(String(systemId))).toBe("Ready");
    const real = await region.call(path, request);
    const { body: operation } = await region.call(
      `GET /api/v1/operations/${real.body.operation.id}`,
    );
    expect(operation.installScript).toBe(body.preview.work.installScript);
    const abort = await region.call(`POST /api/v1/machines/${systemId}/abort?dryRun=true`);
    expect(abort.body.preview).toMatchObject({
      endsOperation: operation.id,
      work: { kind: "power_off" },
    });
  });

  test("is refused as the action would be", async () => {
    const [systemId] = await makeMachines({ status: "New" });
    const path = `POST /api/v1/machines/${systemId}/deploy`;
    const tried = await region.call(`${path}?dryRun=true`, { body: { imageId } });
    const real = await region.call(path, { body: { imageId } });
    expect([tried.status, tried.body.code]).toEqual([409, "machine.action_refused"]);
    expect(tried.body.detail).toBe(real.body.detail);
  });
});

describe("a dry run of a removal", () => {
  test("of a subnet counts what would go with it, and leaves it", async () => {
    const subnet = await region.call("POST /api/v1/subnets", {
      body: { siteId, cidr: "10.9.0.0/24" },
    });
    const { id } = subnet.body;
    await region.call("POST /api/v1/ip-ranges", {
      body: { subnetId: id, kind: "dynamic", first: "10.9.0.100", last: "10.9.0.110" },
    });
    for (const n of [1, 2]) {
      await region.call("POST /api/v1/reservations", {
        body: { subnetId: id, mac: `52:54:00:09:00:0${n}`, ip: `10.9.0.1${n}` },
      });
    }
    const tried = await region.call(`DELETE /api/v1/subnets/${id}?dryRun=true`);
    expect(tried.status, tried.text).toBe(200);
    expect(tried.body.effects).toEqual(expect.arrayContaining([
      { what: "subnets", changed: 0, removed: 1 },
      { what: "ip ranges", changed: 0, removed: 1 },
      { what: "ip addresses", changed: 0, removed: 2 },
    ]));
    const again = await region.call(`DELETE /api/v1/subnets/${id}?dryRun=true`);
    expect(again.body).toEqual(tried.body);
    expect((await region.call(`GET /api/v1/subnets/${id}`)).status).toBe(200);
    expect((await region.call(`DELETE /api/v1/subnets/${id}`)).status).toBe(204);
  });

  test("of a zone counts the machines that would move, of a used pool or VLAN is refused", async () => {
    const zone = await region.call("POST /api/v1/zones", { body: { name: `z-${siteId}` } });
    const pool = await region.call("POST /api/v1/pools", { body: { name: `q-${siteId}` } });
    const systemIds = await makeMachines({}, {});
    const change = { zone: zone.body.name, pool: pool.body.name };
    expect((await ask("update", { systemIds, change })).body.ok).toBe(2);
    for (let i = 0; i < 3; i++) {
      const tried = await region.call(`DELETE /api/v1/zones/${zone.body.id}?dryRun=true`);
      expect(tried.body.effects).toEqual(expect.arrayContaining([
        { what: "machines", changed: 2, removed: 0 },
        { what: "zones", changed: 0, removed: 1 },
      ]));
    }
    const refused = await region.call(`DELETE /api/v1/pools/${pool.body.id}?dryRun=true`);
    expect([refused.status, refused.body.code]).toEqual([409, "pool.in_use"]);
    const { body } = await region.call(`GET /api/v1/machines/${systemIds[0]}`);
    expect(body).toMatchObject(change);
  });
});
