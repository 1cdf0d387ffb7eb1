import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Chance, makeChance } from "./fuzz/chance.ts";
import { type ApiDocument, type Operation, readDocument } from "./fuzz/document.ts";
import { makeKnownValues } from "./fuzz/known_values.ts";
import { makeRequest } from "./fuzz/make_request.ts";
import { makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
import { type Answer, type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

/**
 * Who is let through where, beyond the roles of `routes.golden.txt`: callers limited to other pools,
 * and keys that do less than their owner. Every route of the document is walked; requests are made
 * from its schemas, so that a new route is walked without being added here.
 */

let region: RegionUnderTest;
let document: ApiDocument;
let systemId: string;
let operationId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  document = readDocument((await region.call("GET /api/v1/openapi.json", { as: null })).body);
  const siteId = await makeSite(region);
  systemId = await makeMachine(region, siteId);
  const { body, text } = await region.call(`POST /api/v1/machines/${systemId}/deploy`, {
    body: { imageId: await makeImage(region) },
  });
  operationId = body.operation?.id;
  expect(operationId, text).toMatch(/./);
});
afterAll(() => region.stop());

/** Sends a request that the schemas accept; `ids` are what path parameters are set to. */
async function send(
  operation: Operation,
  token: string,
  ids: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => ids[name] ?? "999999");
  const chance: Chance = makeChance(1);
  let answer: Answer | undefined;
  // Now and then a made-up value breaks a rule that no schema tells.
  for (let i = 0; i < 40 && (answer === undefined || answer.status === 400); i++) {
    const maker = { chance, known: makeKnownValues(), document };
    const { headers, body, path: made } = makeRequest(maker, operation);
    delete headers["if-match"];
    const query = made.split("?")[1];
    answer = await region.call(`${operation.method} ${path}${query ? `?${query}` : ""}`, {
      as: { token },
      headers,
      body,
    });
  }
  if (!answer) throw new Error("at least one request was sent");
  return answer;
}

async function keyOf(token: string, scope: string): Promise<string> {
  const made = await region.call("POST /api/v1/api-keys", {
    as: { token },
    body: { description: "for the test", scope },
  });
  return made.body.key;
}

describe("a caller who is limited to another pool", () => {
  let limited: string;
  beforeAll(async () => {
    const pool = await region.call("POST /api/v1/pools", { body: { name: "elsewhere" } });
    limited = await region.addUser("operator");
    const me = await region.call("GET /api/v1/me", { as: { token: limited } });
    const users = await region.call("GET /api/v1/users");
    const { id } = users.body.users.find((user: { username: string }) =>
      user.username === me.body.username
    );
    const changed = await region.call(`PATCH /api/v1/users/${id}`, {
      body: { poolIds: [pool.body.id] },
    });
    expect(changed.status, changed.text).toBe(200);
  });

  test("is told of no route that the machine or its operation exists", async () => {
    const about = document.operations.filter(({ path }) => /\{(systemId|operationId)\}/.test(path));
    expect(about.length).toBeGreaterThan(10);
    for (const operation of about) {
      const real = await send(operation, limited, { systemId, operationId });
      const none = await send(operation, limited, { systemId: "zzzzzz", operationId: "o-none" });
      expect([operation.name, real.status, real.body.code], real.text)
        .toEqual([operation.name, none.status, none.body.code]);
      expect([403, 404]).toContain(real.status);
    }
  });

  test("finds it in no list", async () => {
    const lists = document.operations.filter(({ method, path }) =>
      method === "GET" && !path.includes("{") && !path.endsWith("/stream")
    );
    let others = 0;
    for (const { name } of lists) {
      if ((await region.call(name)).text.includes(systemId)) others++;
      const { text } = await region.call(name, { as: { token: limited } });
      expect([name, text.includes(systemId), text.includes(operationId)]).toEqual([
        name,
        false,
        false,
      ]);
    }
    expect(others).toBeGreaterThan(2); // an admin finds it among machines, operations and events
  });
});

describe("an admin's key", () => {
  test("that only reads changes nothing by any route", async () => {
    const key = await keyOf(await region.addUser("admin"), "read");
    for (const operation of document.operations) {
      if (operation.role === "nobody" || operation.method === "GET") continue;
      const { status, body, text } = await send(operation, key);
      expect([operation.name, status, body?.code], text)
        .toEqual([operation.name, 403, "caller.scope_too_narrow"]);
    }
  });

  test("that only operates is refused what an operator is", async () => {
    const key = await keyOf(await region.addUser("admin"), "operate");
    for (const operation of document.operations) {
      if (operation.role !== "admin") continue;
      const { status, body, text } = await send(operation, key);
      expect([operation.name, status, body?.code], text)
        .toEqual([operation.name, 403, "caller.role_too_weak"]);
    }
  });
});
