import { afterAll, beforeAll, expect, test } from "vitest";
import { MACHINE_STATUSES, type Role, ROLES } from "@/shared/machine/lifecycle.ts";
import { HOME } from "@/test/homes/test_home.ts";
import { makeImage, makeMachine, makeSite } from "../rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "../region_under_test.ts";
import { type Chance, makeChance } from "./chance.ts";
import { findFault, type FuzzAnswer } from "./check_answer.ts";
import { type ApiDocument, type Operation, readDocument } from "./document.ts";
import { makeKnownPaths } from "./known_paths.ts";
import { harvest, makeKnownValues, parametersByCollection } from "./known_values.ts";
import { formatCurl, makeRequest } from "./make_request.ts";
import { type Maker, PLANTED_SECRET } from "./make_value.ts";
import { type FuzzRequest, spoil } from "./spoil.ts";

/** In workerd each has a database connection of its own: fewer, for what only that home gets wrong. */
const REQUESTS = Number(Deno.env.get("FUZZ_REQUESTS") ?? (HOME === "deno" ? 20_000 : 2_000));
/** Of the routes, how many are to be got past the refusals of. */
const SERVED_MIN = REQUESTS < 20_000 ? 0.3 : 0.75;
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? Date.now() % 2 ** 31);
/** Several at once, so that they also get in each other's way. */
const WORKERS = 4;
const FAULTS_MAX = 10;

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());

test(`${REQUESTS} made-up requests are all answered as the document says`, async () => {
  console.log(`FUZZ_SEED=${SEED}`);
  const { body } = await region.call("GET /api/v1/openapi.json", { as: null });
  const fuzzer = await makeFuzzer(readDocument(body));
  let left = REQUESTS;
  await Promise.all(Array.from({ length: WORKERS }, async (_, i) => {
    const chance = makeChance(SEED + i);
    while (left-- > 0 && fuzzer.faults.length < FAULTS_MAX) await fuzzer.send(chance);
  }));
  console.log(fuzzer.summary());
  expect(fuzzer.faults, `FUZZ_SEED=${SEED}`).toEqual([]);
  expect(JSON.stringify(region.logged)).not.toContain(PLANTED_SECRET);
  // Where nothing ever got past the refusals, the fuzzer has not looked.
  const { served, never } = fuzzer.reach();
  console.log("never served:", never);
  expect(served).toBeGreaterThan(SERVED_MIN);
}, 600_000);

/** What is asked for, at its turn: costly operations (hashing, fetching) come less often. */
interface Cost {
  sent: number;
  served: number;
  ms: number;
}

async function makeFuzzer(document: ApiDocument) {
  const known = makeKnownValues();
  const paths = makeKnownPaths(document.operations.map(({ path }) => path));
  const ownNames = parametersByCollection(document.operations.map(({ path }) => path));
  const costs = new Map(document.operations.map((operation) => [operation, makeCost()]));
  const keys = new Map<Role, string>();
  const faults: string[] = [];
  const statuses = new Map<number, number>();
  for (const role of ROLES) keys.set(role, await region.addUser(role));
  await seed();

  async function seed(): Promise<void> {
    const siteId = await makeSite(region);
    known.add("siteId", siteId);
    known.add("imageId", await makeImage(region));
    for (const status of [...MACHINE_STATUSES, ...MACHINE_STATUSES]) {
      known.add("systemId", await makeMachine(region, siteId, { status }));
    }
  }

  /** Costly ones are passed over in proportion. */
  function choose(chance: Chance): Operation {
    for (;;) {
      const operation = chance.pick(document.operations);
      const { sent, ms } = costs.get(operation) ?? makeCost();
      if (sent < 20 || ms / sent < 4 || chance.below(1000) < 4000 / (ms / sent)) return operation;
    }
  }

  async function send(chance: Chance): Promise<void> {
    const operation = choose(chance);
    const maker: Maker = { chance, known, paths, document };
    const request = makeRequest(maker, operation);
    const role = chance.pick<Role | undefined>([
      "admin",
      "admin",
      "admin",
      "admin",
      ...ROLES,
      undefined,
    ]);
    const key = role && keys.get(role);
    if (key) request.headers.authorization = `Bearer ${key}`;
    const isSpoiled = chance.oneIn(2);
    if (isSpoiled) spoil(request, chance);
    const cost = costs.get(operation) ?? makeCost();
    const startMs = performance.now();
    const answer = await ask(request);
    cost.ms += performance.now() - startMs;
    cost.sent++;
    if (answer.status < 400) cost.served++;
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    judge(operation, request, answer, isSpoiled);
    if (answer.status < 300) remember(operation, answer, isSpoiled ? undefined : request.path);
    if (answer.status === 401 && role && !isSpoiled) keys.set(role, await region.addUser(role));
  }

  async function ask({ path, ...init }: FuzzRequest): Promise<FuzzAnswer> {
    const { body, ...rest } = init;
    const response = await region.request(`http://region.test${path}`, { ...rest, body });
    const contentType = response.headers.get("content-type") ?? "";
    const isFeed = contentType.startsWith("text/event-stream");
    if (isFeed) await response.body?.cancel();
    return { status: response.status, contentType, text: isFeed ? "" : await response.text() };
  }

  function judge(
    operation: Operation,
    request: FuzzRequest,
    answer: FuzzAnswer,
    isSpoiled: boolean,
  ): void {
    // A spoiled path may lead to another operation, whose answer this one does not describe.
    const isElsewhere = isSpoiled &&
      !operation.path.split("/").every((part, i) =>
        part.startsWith("{") || part === request.path.split("?")[0]?.split("/")[i]
      );
    const fault = answer.text.includes(PLANTED_SECRET)
      ? "the answer has a secret that was sent"
      : isElsewhere && answer.status !== 500
      ? undefined
      : findFault(document, operation, { answer, path: request.path });
    if (fault === undefined) return;
    const last = region.logged.findLast(({ event }) => event === "request.failed");
    const log = answer.status === 500 ? `\n  ${last?.fields?.error}` : "";
    faults.push(`${fault}\n  ${formatCurl(request)}\n  ${answer.text.slice(0, 300)}${log}`);
  }

  function remember(operation: Operation, answer: FuzzAnswer, path: string | undefined): void {
    if (!answer.contentType.startsWith("application/json")) return;
    const collection = operation.path.replace(/\/\{\w+\}$/, "");
    const value: unknown = JSON.parse(answer.text);
    harvest(known, value, ownNames.get(collection));
    if (path !== undefined) paths.harvest({ template: operation.path, path }, value);
  }

  return {
    send,
    faults,
    /** Which part of the operations gave somebody what was asked for, and which did not. */
    reach: () => {
      const never = [...costs].filter(([, cost]) => cost.served === 0).map(([{ name }]) => name);
      return { served: 1 - never.length / costs.size, never };
    },
    summary: () => {
      const slow = [...costs].sort(([, a], [, b]) => b.ms - a.ms).slice(0, 5)
        .map(([{ name }, { ms, sent }]) => `${name}: ${sent} in ${Math.round(ms)} ms`);
      return JSON.stringify({ statuses: Object.fromEntries(statuses), slow }, null, 1);
    },
  };
}

function makeCost(): Cost {
  return { sent: 0, served: 0, ms: 0 };
}
