import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { insertAgent } from "@/region/db/queries/agents.ts";
import { findMachine, moveMachine } from "@/region/db/queries/machines.ts";
import { findOperation } from "@/region/db/queries/operations.ts";
import { BUILT_IN_SCRIPTS } from "@/region/domain/scripts/built_in.ts";
import { blobName } from "@/region/object_store/object_names.ts";
import { tick } from "@/region/reconcilers/tick.ts";
import { storeUpload } from "@/region/services/agents/blobs.ts";
import { projectFacts } from "@/region/services/facts/project_facts.ts";
import { sha256Hex } from "@/region/tokens/digest.ts";
import { makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
let seq = 0;
beforeAll(async () => {
  region = await startRegionUnderTest();
  await makeImage(region);
  siteId = await makeSite(region);
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

const SOURCE = "#!/bin/sh\necho hello\n";
const hashOf = (text: string) => sha256Hex(new TextEncoder().encode(text));
const act = (systemId: string, action: string, body: unknown = {}) =>
  region.call(`POST /api/v1/machines/${systemId}/${action}`, { body });
const tell = (operationId: string, ...facts: ({ kind: string } & Record<string, unknown>)[]) =>
  projectFacts(
    region.ctx,
    { agentId: "a-test", siteId },
    facts.map((fact) => ({
      seq: ++seq,
      at: region.ctx.now().toISOString(),
      monoMs: seq,
      operationId,
      ...fact,
    })),
  );
const resultsOf = async (systemId: string) =>
  (await region.call(`GET /api/v1/machines/${systemId}/script-results`)).body.scriptResults;

describe("scripts", () => {
  test("are made, read, changed by version, and removed", async () => {
    const made = await region.call("POST /api/v1/scripts", {
      body: { name: "firmware", type: "commissioning", source: SOURCE, tags: ["noauto"] },
    });
    expect([made.status, made.body]).toMatchObject([201, {
      sha256: await hashOf(SOURCE),
      timeoutSeconds: 1800,
      version: 1,
    }]);
    const change = { body: { timeoutSeconds: 60 }, headers: { "if-match": '"1"' } };
    const changed = await region.call("PATCH /api/v1/scripts/firmware", change);
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, '"2"']);
    const late = await region.call("PATCH /api/v1/scripts/firmware", change);
    expect([late.status, late.body.code]).toEqual([412, "precondition.failed"]);
    const again = await region.call("POST /api/v1/scripts", {
      body: { name: "firmware", type: "testing", source: SOURCE },
    });
    expect([again.status, again.body.code]).toEqual([409, "script.name_taken"]);
    expect((await region.call("DELETE /api/v1/scripts/firmware")).status).toBe(204);
    expect((await region.call("GET /api/v1/scripts/firmware")).body.code).toBe("script.missing");
  });

  test("that came with the region can be read, and nothing else", async () => {
    const { body } = await region.call("GET /api/v1/scripts?type=testing");
    const names = body.scripts.map(({ name }: { name: string }) => name);
    expect(names).toEqual(BUILT_IN_SCRIPTS.map(({ name }) => name));
    expect((await region.call("GET /api/v1/scripts/cpu-quick")).body.source).toContain(
      "#!/usr/bin",
    );
    const refused = await region.call("DELETE /api/v1/scripts/cpu-quick");
    expect([refused.status, refused.body.code]).toEqual([409, "script.built_in"]);
  });

  test("without an interpreter, or with a limit of more than a day, are refused", async () => {
    for (const wrong of [{ source: "echo hello" }, { timeoutSeconds: 86_401 }]) {
      const body = { name: "wrong", type: "testing", source: SOURCE, ...wrong };
      expect((await region.call("POST /api/v1/scripts", { body })).body.code)
        .toBe("request.invalid");
    }
  });
});

describe("a commissioning", () => {
  test("runs the collector and people's scripts, and keeps each result with its output", async () => {
    const body = { name: "hello", type: "commissioning", source: SOURCE };
    await region.call("POST /api/v1/scripts", { body });
    const systemId = await makeMachine(region, siteId, { status: "New" });
    const { id } = (await act(systemId, "commission")).body.operation;
    const sha256 = await hashOf(SOURCE);
    expect((await findOperation(region.ctx.db, id))?.scripts).toMatchObject([
      { name: "hello", file: { sha256, bytes: SOURCE.length }, timeoutSeconds: 1800 },
    ]);
    expect(await region.ctx.objectStore.head(blobName(sha256))).toBeDefined(); // for the site
    expect((await resultsOf(systemId)).map((result: { state: string }) => result.state))
      .toEqual(["pending", "pending"]);

    const bytes = new TextEncoder().encode("hello\n");
    const stdoutSha256 = await sha256Hex(bytes);
    await storeUpload(region.ctx, siteId, { sha256: stdoutSha256, bytes });
    const script = { number: 2, of: 2, name: "hello" };
    await tell(id, { kind: "script.started", ...script });
    expect((await resultsOf(systemId))[0]).toMatchObject({ name: "hello", state: "running" });
    const ended = { exitStatus: 3, timedOut: false, durationMs: 5, stdoutSha256 };
    await tell(id, { kind: "script.ended", ...script, ...ended });
    const [result, collector] = await resultsOf(systemId);
    expect(result).toMatchObject({ state: "failed", exitStatus: 3, hasStdout: true, sha256 });
    const path = `GET /api/v1/machines/${systemId}/script-results/${result.id}/output`;
    expect((await region.call(path)).text).toBe("hello\n");
    expect((await region.call(`${path}?stream=stderr`)).text).toBe("");

    await tell(id, { kind: "operation.ended", outcome: "failed" });
    expect(collector.state).toBe("pending");
    expect((await resultsOf(systemId))[1].state).toBe("aborted"); // it will never end now
    expect((await region.call(`GET /api/v1/machines/${systemId}`)).body.status)
      .toBe("Failed commissioning");
  });
});

describe("a test", () => {
  test("runs what is named or tagged, and goes back to what the machine was", async () => {
    const systemId = await makeMachine(region, siteId, { status: "Deployed" });
    const wrong = await act(systemId, "test", { scripts: ["nonsense"] });
    expect([wrong.status, wrong.body.code, wrong.body.field])
      .toEqual([400, "scripts.unknown", "scripts[0]"]);
    const { id } =
      (await act(systemId, "test", { scripts: ["memory", "cpu-quick"] })).body.operation;
    const row = await findOperation(region.ctx.db, id);
    expect(row?.scripts?.map(({ name }) => name)).toEqual(["cpu-quick", "memory-quick"]);
    expect(row?.plan?.afterwards).toBe("local_disk");
    expect(row?.plan?.deadlineSeconds).toBe(3600 + 300 + 900);
    await tell(id, { kind: "operation.ended", outcome: "done" });
    expect((await region.call(`GET /api/v1/machines/${systemId}`)).body)
      .toMatchObject({ status: "Deployed", returnsTo: [] });
  });
});

test("a machine whose work was lost fails with a reason at the next tick", async () => {
  const { db } = region.ctx;
  const machine = await findMachine(db, await makeMachine(region, siteId, { status: "Testing" }));
  if (!machine) throw new Error("it was made just now");
  await moveMachine(db, machine, { returnsTo: ["Deployed"] });
  const busy = await makeMachine(region, siteId, { status: "New" });
  await act(busy, "commission");
  await tick(region.ctx);
  expect((await region.call(`GET /api/v1/machines/${machine.systemId}`)).body).toMatchObject({
    status: "Failed testing",
    returnsTo: ["Deployed"],
    failure: { code: "operation.lost" },
  });
  expect((await region.call(`GET /api/v1/machines/${busy}`)).body.status).toBe("Commissioning");
});
