import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOperation } from "@/region/db/queries/operations.ts";
import { makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
let imageId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  imageId = await makeImage(region);
  siteId = await makeSite(region);
});
afterAll(() => region.stop());

const act = (systemId: string, action: string, options: Parameters<typeof region.call>[1] = {}) =>
  region.call(`POST /api/v1/machines/${systemId}/${action}`, {
    ...(action === "deploy" ? { body: { imageId } } : {}),
    ...options,
  });
const machineOf = async (systemId: string) =>
  (await region.call(`GET /api/v1/machines/${systemId}`)).body;

describe("a machine of somebody", () => {
  test("is its owner's and the admins' to act on", async () => {
    const systemId = await makeMachine(region, siteId);
    await act(systemId, "allocate"); // by the admin
    const refused = await act(systemId, "release", { as: "operator" });
    expect([refused.status, refused.body.code]).toEqual([403, "machine.not_yours"]);
    const view = await region.call(`GET /api/v1/machines/${systemId}`, { as: "operator" });
    expect(view.body.actions).toEqual(["power-query"]);
    expect((await act(systemId, "release")).status).toBe(202);
  });

  test("keeps it while it is broken, and has it back when it is mended", async () => {
    const systemId = await makeMachine(region, siteId);
    await act(systemId, "deploy", { as: "operator" });
    await act(systemId, "mark-broken", { as: "operator", body: { comment: "no fan" } });
    const broken = await machineOf(systemId);
    expect(broken).toMatchObject({ owner: "operator", returnsTo: ["Deploying"], operation: null });
    await act(systemId, "mark-fixed");
    expect(await machineOf(systemId)).toMatchObject({ status: "Allocated", owner: "operator" });
  });

  test("can be locked against mistakes", async () => {
    const systemId = await makeMachine(region, siteId, { status: "Deployed" });
    expect((await act(systemId, "lock")).body.machine).toMatchObject({ isLocked: true });
    const refused = await act(systemId, "release");
    expect([refused.status, refused.body.code]).toEqual([409, "machine.locked"]);
    expect((await act(systemId, "unlock")).body.machine).toMatchObject({ isLocked: false });
    expect((await act(systemId, "release")).status).toBe(202);
  });

  test("leaves an audit entry and a line in the timeline for every action", async () => {
    const systemId = await makeMachine(region, siteId);
    await act(systemId, "allocate", { body: { comment: "for the demo" } });
    const events = await region.call(`GET /api/v1/events?machine=${systemId}`);
    expect(events.body.events.at(-1).message).toMatch(/^admin asked to allocate .*: for the demo$/);
    const { rows } = await region.ctx.db.execute(
      sql`SELECT action, before, after FROM audit_entries WHERE object_id = ${systemId}`,
    ) as unknown as { rows: unknown[] };
    expect(rows).toMatchObject([{
      action: "machine.allocate",
      before: { status: "Ready", ownerUserId: null },
      after: { status: "Allocated", comment: "for the demo", operation: null },
    }]);
  });
});

describe("rescue, test and erase", () => {
  test("rescue boots the newest image with the requester's keys, and exit goes back", async () => {
    const systemId = await makeMachine(region, siteId, { status: "Deployed" });
    const { body } = await act(systemId, "rescue-mode", { body: { sshKeys: [ED25519] } });
    const row = await findOperation(region.ctx.db, body.operation.id);
    expect(row).toMatchObject({ kind: "rescue", imageId, sshKeys: [ED25519] });
    expect(await machineOf(systemId))
      .toMatchObject({ status: "Entering rescue mode", returnsTo: ["Deployed"] });
    await act(systemId, "abort");
    expect(await machineOf(systemId)).toMatchObject({ status: "Deployed", returnsTo: [] });
  });

  test("rescue is refused when nobody could sign in", async () => {
    const systemId = await makeMachine(region, siteId);
    const { status, body } = await act(systemId, "rescue-mode", { body: { sshKeys: [] } });
    expect([status, body.code]).toEqual([409, "ssh_keys.none"]);
  });

  test("release with a way to erase wipes first", async () => {
    const systemId = await makeMachine(region, siteId, { status: "Deployed" });
    const { body } = await act(systemId, "release", { body: { erase: "full" } });
    expect(body.operation).toMatchObject({ kind: "erase", erase: "full", phase: "network boot" });
    expect((await machineOf(systemId)).status).toBe("Disk erasing");
    const wrong = await act(systemId, "release", { body: { erase: "thoroughly" } });
    expect([wrong.status, wrong.body.code]).toEqual([400, "request.invalid"]);
  });
});

const ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS";
