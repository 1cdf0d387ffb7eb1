import { afterAll, beforeAll, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { makeChance } from "./fuzz/chance.ts";
import { type Operation, readDocument } from "./fuzz/document.ts";
import { makeKnownPaths } from "./fuzz/known_paths.ts";
import { harvest, makeKnownValues, parametersByCollection } from "./fuzz/known_values.ts";
import { makeRequest } from "./fuzz/make_request.ts";
import { makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
import {
  PASSWORD,
  type RegionUnderTest,
  type RequestOptions,
  startRegionUnderTest,
} from "./region_under_test.ts";

const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 20_260_102);
const TRIES_PER_ROUTE = 40;
/** Thousands of requests, each with a connection of its own where the region is a Worker. */
const TRIES_MS_MAX = 300_000;
/** They change nothing: they look, and take a body only because the question is long. */
const READS = ["POST /api/v1/tags/preview", "POST /api/v1/identity-provider/check"];

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());

/** A dry run, and an answer that says of each machine that it was refused or there already. */
function changedNothing(path: string, body: { ok?: number; created?: number } | undefined) {
  return path.includes("dryRun=true") || body?.ok === 0 || body?.created === 0;
}

async function countEntries(): Promise<number> {
  const { rows } = await region.ctx.db.execute(
    sql`SELECT count(*)::int AS count FROM audit_entries`,
  ) as unknown as { rows: { count: number }[] };
  return rows[0]?.count ?? 0;
}

test("every route that writes leaves an entry when it succeeds", async () => {
  const { body } = await region.call("GET /api/v1/openapi.json", { as: null });
  const document = readDocument(body);
  const chance = makeChance(SEED);
  const known = makeKnownValues();
  const paths = makeKnownPaths(document.operations.map(({ path }) => path));
  const ownNames = parametersByCollection(document.operations.map(({ path }) => path));
  const siteId = await makeSite(region);
  known.add("siteId", siteId);
  known.add("imageId", await makeImage(region));
  for (const status of ["New", "Ready", "Allocated", "Deployed", "Broken"] as const) {
    known.add("systemId", await makeMachine(region, siteId, { status }));
  }
  let token = await region.addUser("admin");
  const silent: string[] = [];
  const never: string[] = [];
  for (const operation of writesOf(document.operations)) {
    const outcome = await tryUntilServed(operation);
    if (outcome === "silent") silent.push(operation.name);
    if (outcome === "never") never.push(operation.name);
  }
  console.log("never served:", never);
  expect(silent, `FUZZ_SEED=${SEED}`).toEqual([]);
  expect(never.length).toBeLessThan(document.operations.length / 3);

  async function tryUntilServed(operation: Operation): Promise<"recorded" | "silent" | "never"> {
    for (let i = 0; i < TRIES_PER_ROUTE; i++) {
      const { method, path, headers, body } = makeRequest(
        { chance, known, paths, document },
        operation,
      );
      const before = await countEntries();
      const answer = await region.call(`${method} ${path}`, { headers, body, as: { token } });
      // A route may have taken from the admin what an admin can do.
      if ([401, 403].includes(answer.status)) token = await region.addUser("admin");
      if (answer.status >= 300 || changedNothing(path, answer.body)) continue;
      const collection = operation.path.replace(/\/\{\w+\}$/, "");
      if (answer.body) harvest(known, answer.body, ownNames.get(collection));
      paths.harvest({ template: operation.path, path }, answer.body);
      return await countEntries() > before ? "recorded" : "silent";
    }
    return "never";
  }
}, TRIES_MS_MAX);

test("so do those that only somebody with a session reaches", async () => {
  const signIn = async (password: string) => {
    const body = { username: "operator", password };
    const answer = await region.call("POST /api/v1/sessions", { as: null, body });
    return { token: String(answer.body.token) };
  };
  const recorded = async (route: string, options: RequestOptions) => {
    const before = await countEntries();
    const { status } = await region.call(route, options);
    expect([route, status < 300, await countEntries() > before]).toEqual([route, true, true]);
  };
  const body = { username: "operator", password: PASSWORD };
  await recorded("POST /api/v1/sessions", { as: null, body });
  const as = await signIn(PASSWORD);
  const passwords = { currentPassword: PASSWORD, newPassword: "another password" };
  await recorded("POST /api/v1/me/password", { as, body: passwords });
  await signIn("another password");
  const { body: { sessions } } = await region.call("GET /api/v1/sessions", { as });
  await recorded(`DELETE /api/v1/sessions/${sessions.at(-1).id}`, { as });
  await recorded("DELETE /api/v1/sessions/current", { as });
});

/** What makes things first, what removes them last, so that there is something to change. */
function writesOf(operations: readonly Operation[]): Operation[] {
  const order = ["POST", "PUT", "PATCH", "DELETE"];
  return operations
    .filter(({ method, role, name }) =>
      order.includes(method) && role !== "nobody" && !READS.includes(name) &&
      // The file is written down when it begins and when it is whole; it has thousands of parts.
      name !== "PUT /api/v1/image-files/{sha256}/parts/{number}" &&
      // The caller's own key would go.
      name !== "DELETE /api/v1/api-keys/{keyId}" &&
      // Served too when it refuses each of its machines; those it changes are in storage.test.ts.
      name !== "POST /api/v1/machines/{systemId}/clone"
    )
    .sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method));
}
