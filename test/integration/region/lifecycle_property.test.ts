import { afterAll, beforeAll, expect, test } from "vitest";
import { insertAgent } from "@/region/db/queries/agents.ts";
import { findMachine } from "@/region/db/queries/machines.ts";
import { listRunningOperations } from "@/region/db/queries/operations.ts";
import { tick } from "@/region/reconcilers/tick.ts";
import { projectFacts } from "@/region/services/facts/project_facts.ts";
import {
  formatAction,
  isInTransit,
  isOwned,
  MACHINE_ACTIONS,
  MACHINE_STATUSES,
  type MachineAction,
  movesMachine,
  operationInTransit,
} from "@/shared/machine/lifecycle.ts";
import { makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

const WALKS = 4;
const STEPS = 40;
const DAYS_8_MS = 8 * 24 * 3_600_000;
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS";

let region: RegionUnderTest;
let siteId: string;
let imageId: string;
let seq = 0;
beforeAll(async () => {
  region = await startRegionUnderTest();
  imageId = await makeImage(region);
  siteId = await makeSite(region);
  for (const as of ["admin", "operator"] as const) {
    await region.call("POST /api/v1/ssh-keys", { as, body: { key: KEY } });
  }
  await insertAgent(region.ctx.db, {
    id: "a-test",
    siteId,
    hostname: "rack1",
    signingJwk: { kty: "OKP", crv: "Ed25519", x: "x" },
    jkt: "thumbprint",
    encryptionJwk: { kty: "OKP", crv: "X25519", x: "x" },
    version: "0",
    enrolledAt: region.ctx.now(),
  });
});
afterAll(() => region.stop());

/** Numerical Recipes' generator: the same seed gives the same walk on every host. */
function makeRandom(seed: number) {
  let state = seed >>> 0;
  return <T>(of: readonly T[]): T => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const picked = of[Math.floor(state / 2 ** 32 * of.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  };
}
type Pick = ReturnType<typeof makeRandom>;

async function standingOf(systemId: string) {
  const row = await findMachine(region.ctx.db, systemId);
  if (!row) throw new Error(`${systemId} is gone`);
  const running = await listRunningOperations(region.ctx.db, [row.id]);
  return { row, running };
}

function bodyOf(action: MachineAction, pick: Pick): unknown {
  switch (action) {
    case "deploy":
      return { imageId };
    case "release":
      return pick([{}, { erase: "quick" }, { erase: "full" }]);
    default:
      return {};
  }
}

/** What the site makes of the work: an end of either kind, or silence until the region gives up. */
async function playMachine(systemId: string, pick: Pick): Promise<string> {
  const { running: [operation] } = await standingOf(systemId);
  if (!operation) return "idle";
  const what = pick(["done", "done", "failed", "twice", "silence", "nothing"]);
  const told = { at: region.ctx.now().toISOString(), monoMs: 1, operationId: operation.id };
  const end = (outcome: string) =>
    projectFacts(region.ctx, { agentId: "a-test", siteId }, [
      { ...told, seq: ++seq, kind: "operation.started", operationKind: operation.kind },
      { ...told, seq: ++seq, kind: "operation.ended", outcome },
    ]);
  if (what === "done" || what === "failed") await end(what);
  if (what === "twice") { for (const outcome of ["done", "failed"]) await end(outcome); }
  if (what === "silence") {
    region.advance(DAYS_8_MS);
    await tick(region.ctx);
  }
  return `${operation.kind} ${what}`;
}

async function checkInvariants(systemId: string, trail: string): Promise<void> {
  const { row, running } = await standingOf(systemId);
  expect(MACHINE_STATUSES, trail).toContain(row.status);
  expect(running.length, trail).toBeLessThanOrEqual(1);
  if (isOwned(row)) expect(row.ownerUserId, `${trail}: lost its owner`).not.toBeNull();
  else if (row.status !== "Broken") expect(row.ownerUserId, `${trail}: still owned`).toBeNull();
  // Work and status go together: neither is ever there without the other.
  const lifecycleWork = running.filter(({ kind }) => movesMachine(kind)).map(({ kind }) => kind);
  expect(lifecycleWork, trail)
    .toEqual(isInTransit(row.status) ? [operationInTransit(row.status)] : []);
}

test("random actions with random outcomes keep status, owner and work in order", async () => {
  const firstSeed = Number(Deno.env.get("SEED") ?? Date.now() % 1_000_000);
  const seen = new Set<string>();
  for (let seed = firstSeed; seed < firstSeed + WALKS; seed++) {
    const pick = makeRandom(seed);
    const hasBmc = pick([true, true, true, false]);
    const systemId = await makeMachine(region, siteId, { status: "New", hasBmc });
    const steps: string[] = [`SEED=${seed}`];
    for (let i = 0; i < STEPS; i++) {
      const as = pick(["admin", "admin", "operator"] as const);
      const view = await region.call(`GET /api/v1/machines/${systemId}`, { as });
      const offered: string[] = view.body.actions;
      // Now and then what is not offered: it must be refused, and change nothing.
      const action = pick([true, true, true, false]) && offered.length > 0
        ? MACHINE_ACTIONS.find((each) => formatAction(each) === pick(offered)) ??
          pick(MACHINE_ACTIONS)
        : pick(MACHINE_ACTIONS);
      const { status: code, body } = await region.call(
        `POST /api/v1/machines/${systemId}/${formatAction(action)}`,
        { as, body: bodyOf(action, pick) },
      );
      steps.push(`${as} ${action} ${code}`);
      expect([200, 202, 403, 409], `${steps.join("; ")}: ${JSON.stringify(body)}`).toContain(code);
      await checkInvariants(systemId, steps.join("; "));
      steps.push(await playMachine(systemId, pick));
      await checkInvariants(systemId, steps.join("; "));
      seen.add((await standingOf(systemId)).row.status);
    }
  }
  // A walk that stays where it began would prove nothing.
  expect(seen.size, `SEED=${firstSeed}`).toBeGreaterThan(6);
}, 300_000);
