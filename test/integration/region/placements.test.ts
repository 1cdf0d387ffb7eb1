import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { actOnMachine } from "@/region/services/machines/act_on_machine.ts";
import { deleteMachine } from "@/region/services/machines/delete_machine.ts";
import { createMachine } from "@/region/services/machines/create_machine.ts";
import { getMachine, listMachines } from "@/region/services/machines/read_machines.ts";
import { updateMachine } from "@/region/services/machines/update_machine.ts";
import { listEvents } from "@/region/services/events/list_events.ts";
import { listFacts } from "@/region/services/facts/list_facts.ts";
import { getOperation, listOperations } from "@/region/services/operations/read_operations.ts";
import { getPlacement, listPlacements } from "@/region/services/placements/read_placements.ts";
import type { Caller } from "@/region/services/identity/caller.ts";
import { makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
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

let made = 0;
const make = async (noun: "zones" | "pools" | "tags", more: object = {}) =>
  (await region.call(`POST /api/v1/${noun}`, { body: { name: `${noun}-${++made}`, ...more } }))
    .body;
const patch = (systemId: string, body: unknown, headers = {}) =>
  region.call(`PATCH /api/v1/machines/${systemId}`, { body, headers });
const audited = async (action: string) => {
  const { rows } = await region.ctx.db.execute(
    sql`SELECT * FROM audit_entries WHERE action = ${action} ORDER BY id DESC LIMIT 1`,
  ) as unknown as { rows: Record<string, unknown>[] };
  return rows[0];
};

describe.each(["zones", "pools"] as const)("%s", (noun) => {
  const kind = noun.slice(0, -1);

  test("are made, described, renamed under If-Match, and counted", async () => {
    const placement = await make(noun, { description: "first" });
    expect(placement).toMatchObject({ description: "first", machineCount: 0, version: 1 });
    const systemId = await makeMachine(region, siteId);
    await patch(systemId, { [kind]: placement.name });
    const route = `/api/v1/${noun}/${placement.id}`;
    const got = await region.call(`GET ${route}`);
    expect([got.body.machineCount, got.headers.get("etag")]).toEqual([1, '"1"']);
    const name = `renamed ${++made}`;
    const renamed = await region.call(`PATCH ${route}`, {
      body: { name },
      headers: { "if-match": '"1"' },
    });
    expect(renamed.body).toMatchObject({ name, description: "first", version: 2 });
    const stale = await region.call(`PATCH ${route}`, {
      body: { name: "x" },
      headers: { "if-match": '"1"' },
    });
    expect([stale.status, stale.body.code]).toEqual([412, "precondition.failed"]);
    expect((await region.call(`GET /api/v1/machines/${systemId}`)).body[kind]).toBe(name);
    expect(await audited(`${kind}.update`)).toMatchObject({
      username: "admin",
      object_name: name,
      before: { name: placement.name },
      after: { name },
    });
  });

  test("have one name each", async () => {
    const { name } = await make(noun);
    const again = await region.call(`POST /api/v1/${noun}`, { body: { name } });
    expect([again.status, again.body.code]).toEqual([409, `${kind}.name_taken`]);
    const other = await make(noun);
    const renamed = await region.call(`PATCH /api/v1/${noun}/${other.id}`, { body: { name } });
    expect([renamed.status, renamed.body.code]).toEqual([409, `${kind}.name_taken`]);
  });

  test("come in pages", async () => {
    for (let i = 0; i < 3; i++) await make(noun);
    const seen: string[] = [];
    let query = "?limit=2";
    for (let page = 0; page < 20; page++) {
      const { body } = await region.call(`GET /api/v1/${noun}${query}`);
      seen.push(...body[noun].map(({ name }: { name: string }) => name));
      if (body.nextCursor === null) break;
      query = `?limit=2&cursor=${body.nextCursor}`;
    }
    expect(seen).toContain("default");
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("keep their default", async () => {
    const { status, body } = await region.call(`DELETE /api/v1/${noun}/1`);
    expect([status, body.code]).toEqual([409, `${kind}.is_default`]);
  });
});

describe("removing", () => {
  test("a zone puts its machines into the default one", async () => {
    const zone = await make("zones");
    const systemId = await makeMachine(region, siteId);
    await patch(systemId, { zone: zone.name });
    expect((await region.call(`DELETE /api/v1/zones/${zone.id}`)).status).toBe(204);
    const { body } = await region.call(`GET /api/v1/machines/${systemId}`);
    expect(body).toMatchObject({ zone: "default", version: 3 });
  });

  test("a pool is refused while it has machines", async () => {
    const pool = await make("pools");
    const systemId = await makeMachine(region, siteId);
    await patch(systemId, { pool: pool.name });
    const refused = await region.call(`DELETE /api/v1/pools/${pool.id}`);
    expect([refused.status, refused.body.code]).toEqual([409, "pool.in_use"]);
    await patch(systemId, { pool: "default" });
    expect((await region.call(`DELETE /api/v1/pools/${pool.id}`)).status).toBe(204);
  });
});

describe("a machine", () => {
  test("is placed, tagged and described, with an audit entry that says from what to what", async () => {
    const [zone, pool, a, b] = [
      await make("zones"),
      await make("pools"),
      await make("tags"),
      await make("tags"),
    ];
    const systemId = await makeMachine(region, siteId);
    const change = { zone: zone.name, pool: pool.name, tags: [a.name], description: "web" };
    const { body, headers } = await patch(systemId, change);
    expect(body).toMatchObject(change);
    expect(headers.get("etag")).toBe(`"${body.version}"`);
    expect(await audited("machine.update")).toMatchObject({
      object_id: systemId,
      before: { zone: "default", pool: "default", tags: [], description: "" },
      after: change,
    });
    expect((await patch(systemId, { tags: { add: [b.name], remove: [a.name] } })).body.tags)
      .toEqual([b.name]);
    expect((await patch(systemId, { tags: [a.name, a.name] })).body.tags).toEqual([a.name]);
    expect((await patch(systemId, {})).body).toMatchObject({ ...change, tags: [a.name] });
    expect((await region.call(`GET /api/v1/tags/${a.id}`)).body.machineCount).toBe(1);
    await region.call(`DELETE /api/v1/tags/${a.id}`);
    expect((await region.call(`GET /api/v1/machines/${systemId}`)).body.tags).toEqual([]);
  });

  test("is made with a place and tags", async () => {
    const [zone, pool, tag] = [await make("zones"), await make("pools"), await make("tags")];
    const place = { zone: zone.name, pool: pool.name, tags: [tag.name], description: "new" };
    const { status, body } = await region.call("POST /api/v1/machines", {
      body: { siteId, macs: ["52:54:00:99:00:01"], ...place },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject(place);
  });

  test("is refused what there is not, and stays as it was", async () => {
    const systemId = await makeMachine(region, siteId);
    for (
      const [change, code] of [
        [{ zone: "nowhere" }, "zone.missing"],
        [{ pool: "nobodys" }, "pool.missing"],
        [{ description: "x", tags: ["none"] }, "tag.missing"],
        [{ description: "x", tags: { remove: ["none"] } }, "tag.missing"],
      ] as const
    ) {
      const { status, body } = await patch(systemId, change);
      expect([status, body.code]).toEqual([404, code]);
    }
    const { body } = await region.call(`GET /api/v1/machines/${systemId}`);
    expect(body).toMatchObject({ description: "", version: 1 });
    const stale = await patch(systemId, { description: "x" }, { "if-match": '"7"' });
    expect([stale.status, stale.body.code]).toEqual([412, "precondition.failed"]);
  });
});

describe("a caller limited to pools", () => {
  test("sees and touches their machines only", async () => {
    const { ctx } = region;
    await makeImage(region);
    const pool = await make("pools");
    const [mine, other] = [await makeMachine(region, siteId), await makeMachine(region, siteId)];
    await patch(mine, { pool: pool.name });
    await region.call(`POST /api/v1/machines/${other}/commission`);
    await region.call(`POST /api/v1/machines/${mine}/commission`);
    const operationOf = async (systemId: string) =>
      (await region.call(`GET /api/v1/operations?machine=${systemId}`)).body.operations[0].id;
    const hidden = await operationOf(other);
    const caller: Caller = { userId: 1, username: "limited", role: "admin", poolIds: [pool.id] };

    expect((await getMachine(ctx, caller, mine)).systemId).toBe(mine);
    const machines = await listMachines(ctx, caller, { filter: { siteId: [siteId] }, limit: 10 });
    expect(machines.rows.map(({ systemId }) => systemId)).toEqual([mine]);
    expect((await listOperations(ctx, caller, { limit: 200 })).rows.map(({ machine }) => machine))
      .toEqual([mine]);
    const events = await listEvents(ctx, caller, { limit: 200 });
    expect(new Set(events.rows.map(({ machine }) => machine).filter((id) => id !== null)))
      .toEqual(new Set([mine]));
    expect((await listFacts(ctx, caller, { machine: other, limit: 10 })).rows).toEqual([]);
    const pools = await listPlacements(ctx, caller, { kind: "pool", limit: 10 });
    expect(pools.rows.map(({ id }) => id)).toEqual([pool.id]);

    const missing = (work: Promise<unknown>) => expect(work).rejects.toThrow(/there is no/);
    await missing(getMachine(ctx, caller, other));
    await missing(updateMachine(ctx, caller, { systemId: other, description: "x" }));
    await missing(deleteMachine(ctx, caller, other));
    await missing(actOnMachine(ctx, caller, { systemId: other, action: "abort" }));
    await missing(getOperation(ctx, caller, hidden));
    await missing(listOperations(ctx, caller, { machine: other, limit: 1 }));
    await missing(listEvents(ctx, caller, { machine: other, limit: 1 }));
    await missing(getPlacement(ctx, caller, { kind: "pool", id: 1 }));
    await missing(updateMachine(ctx, caller, { systemId: mine, pool: "default" }));
    await missing(createMachine(ctx, caller, { siteId, macs: ["52:54:00:98:00:01"] }));
  });
});
