import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { unsealText } from "@/region/tokens/seal.ts";
import { violatedConstraint } from "@/region/db/constraint.ts";
import { findOperation, insertOperation } from "@/region/db/queries/operations.ts";
import { findMachine, moveMachine } from "@/region/db/queries/machines.ts";
import { tick } from "@/region/reconcilers/tick.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import {
  formatAction,
  MACHINE_ACTIONS,
  MACHINE_STATUSES,
  standingAfterAction,
} from "@/shared/machine/lifecycle.ts";
import {
  BMC_PASSWORD,
  INVENTORY,
  makeImage,
  makeMachine,
  makeSite,
  sealedPasswordOf,
} from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let siteId: string;
let imageId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  imageId = await makeImage(region);
});
beforeEach(async () => {
  siteId = await makeSite(region);
});
beforeAll(() => region.call("POST /api/v1/ssh-keys", { body: { key: `${ED25519} me@x` } }));
afterAll(() => region.stop());

const act = (systemId: string, action: string, options: Parameters<typeof region.call>[1] = {}) =>
  region.call(`POST /api/v1/machines/${systemId}/${action}`, {
    ...(action === "deploy" ? { body: { imageId } } : {}),
    ...options,
  });
const machineOf = async (systemId: string) =>
  (await region.call(`GET /api/v1/machines/${systemId}`)).body;

describe("every action in every status", () => {
  test("is done or refused as the lifecycle's table says", async () => {
    for (const status of MACHINE_STATUSES) {
      for (const action of MACHINE_ACTIONS) {
        const systemId = await makeMachine(region, siteId, { status });
        const { status: code, body } = await act(systemId, formatAction(action));
        const next = standingAfterAction({ status, returnsTo: [] }, action)?.status;
        const what = `${status}, ${action}: ${JSON.stringify(body)}`;
        expect(code < 300, what).toBe(next !== undefined);
        if (next === undefined) expect([code, body.code]).toEqual([409, "machine.action_refused"]);
        expect((await machineOf(systemId)).status, what).toBe(next ?? status);
      }
    }
  }, 240_000);
});

describe("commission", () => {
  test("starts an operation with a plan, the newest image and a deadline", async () => {
    const systemId = await makeMachine(region, siteId, { status: "New", inventory: null });
    const before = (await findSite(region.ctx.db, siteId))?.wantedGeneration ?? 0;
    const { status, body } = await act(systemId, "commission");
    expect(status).toBe(202);
    expect(body.operation).toMatchObject({
      kind: "commission",
      machine: systemId,
      state: "running",
      imageId,
      deadlineAt: new Date(region.ctx.now().getTime() + 3_600_000).toISOString(),
    });
    const site = await findSite(region.ctx.db, siteId);
    expect(site?.wantedGeneration).toBeGreaterThan(before);
    expect(site?.publishedGeneration).toBe(site?.wantedGeneration);
    expect(await machineOf(systemId)).toMatchObject({
      status: "Commissioning",
      actions: ["abort", "mark-broken", "lock"],
      operation: { id: body.operation.id, kind: "commission", phase: "network boot" },
    });
  });

  test("says what to do when there is no image for the architecture", async () => {
    const systemId = await makeMachine(region, siteId, { architecture: "arm64" });
    const { status, body } = await act(systemId, "commission");
    expect([status, body.code]).toEqual([409, "images.none"]);
    expect(body.detail).toContain("POST /api/v1/boot-sources");
    expect((await machineOf(systemId)).status).toBe("Ready");
  });
});

describe("deploy", () => {
  test("compiles the install plan for the first disk that is big enough", async () => {
    const systemId = await makeMachine(region, siteId);
    const { body } = await act(systemId, "deploy", {
      as: "operator",
      body: { imageId, sshKeys: [ED25519], userData: "#cloud-config\n{}\n" },
    });
    const id = body.operation.id;
    const detail = await region.call(`GET /api/v1/operations/${id}`);
    expect(detail.body.installScript).toContain("/dev/vda");
    expect(detail.body).toMatchObject({ phase: "network boot", spans: [] });
    const row = await findOperation(region.ctx.db, id);
    expect(row?.sshKeys).toEqual([ED25519]);
    expect(row?.sealedUserData).not.toContain("cloud-config");
    expect(await unsealText(region.ctx.secrets.sealKey, row?.sealedUserData ?? ""))
      .toBe("#cloud-config\n{}\n");
    expect(await machineOf(systemId)).toMatchObject({ owner: "operator", imageId });
  });

  test("lets the caller's own keys in when none are named", async () => {
    await region.call("POST /api/v1/ssh-keys", {
      as: "operator",
      body: { key: `${ED25519} me@x` },
    });
    const systemId = await makeMachine(region, siteId);
    const { body } = await act(systemId, "deploy", { as: "operator" });
    expect((await findOperation(region.ctx.db, body.operation.id))?.sshKeys).toEqual([ED25519]);
  });

  test.each([
    ["machine.no_inventory", { inventory: null }],
    ["machine.no_disk", { inventory: { ...INVENTORY, disks: INVENTORY.disks.slice(0, 1) } }],
    ["machine.no_disk", { inventory: { ...INVENTORY, disks: [] } }],
    ["image.wrong_architecture", { architecture: "arm64" }],
  ])("is refused with %s", async (code, options) => {
    const systemId = await makeMachine(region, siteId, options);
    const { status, body } = await act(systemId, "deploy");
    expect([status, body.code]).toEqual([409, code]);
    expect((await machineOf(systemId)).status).toBe("Ready");
  });

  test("is refused for an image that is missing, or is no system, or a key that is none", async () => {
    const systemId = await makeMachine(region, siteId);
    const missing = await act(systemId, "deploy", { body: { imageId: "i-none" } });
    expect([missing.status, missing.body.code]).toEqual([404, "image.missing"]);
    const bootloader = await makeImage(region, { kind: "bootloader" });
    const wrong = await act(systemId, "deploy", { body: { imageId: bootloader } });
    expect([wrong.status, wrong.body.code]).toEqual([409, "image.not_an_os"]);
    const key = await act(systemId, "deploy", { body: { imageId, sshKeys: ["ssh-rsa nonsense"] } });
    expect([key.status, key.body.code]).toEqual([400, "ssh_key.malformed"]);
    const none = await act(systemId, "deploy", { body: undefined });
    expect([none.status, none.body.code]).toEqual([400, "deploy.image_missing"]);
  });
});

describe("without a BMC", () => {
  test("power actions are refused, and are not offered", async () => {
    const systemId = await makeMachine(region, siteId, { status: "Deployed", hasBmc: false });
    for (const action of ["power-on", "power-off", "power-cycle", "power-query"]) {
      const { status, body } = await act(systemId, action);
      expect([status, body.code]).toEqual([409, "machine.no_bmc"]);
    }
    expect((await machineOf(systemId)).actions)
      .toEqual(["test", "release", "rescue-mode", "mark-broken", "lock"]);
  });

  test("release is done at once, and frees the machine", async () => {
    const systemId = await makeMachine(region, siteId, { hasBmc: false });
    await act(systemId, "allocate");
    const { status, body } = await act(systemId, "release");
    expect([status, body.operation.state]).toEqual([202, "done"]);
    expect(await machineOf(systemId)).toMatchObject({
      status: "Ready",
      owner: null,
      operation: null,
    });
  });

  test("abort ends the operation and starts none", async () => {
    const systemId = await makeMachine(region, siteId, { hasBmc: false });
    const deploy = await act(systemId, "deploy");
    const { status, body } = await act(systemId, "abort");
    expect([status, body.machine.status]).toEqual([200, "Allocated"]);
    const aborted = await region.call(`GET /api/v1/operations/${deploy.body.operation.id}`);
    expect(aborted.body.state).toBe("aborted");
  });
});

describe("abort", () => {
  test("ends the running operation and powers the machine off", async () => {
    const systemId = await makeMachine(region, siteId);
    const deploy = await act(systemId, "deploy");
    const { status, body } = await act(systemId, "abort");
    expect([status, body.operation.kind]).toEqual([202, "power_off"]);
    const list = await region.call(`GET /api/v1/operations?machine=${systemId}`);
    expect(list.body.operations.map((o: { id: string; state: string }) => [o.id, o.state]).sort())
      .toEqual([[body.operation.id, "running"], [deploy.body.operation.id, "aborted"]].sort());
  });
});

describe("one operation at a time", () => {
  test("a second one is refused while the first runs", async () => {
    const systemId = await makeMachine(region, siteId, { status: "Deployed" });
    expect((await act(systemId, "power-cycle")).status).toBe(202);
    const { status, body } = await act(systemId, "power-off");
    expect([status, body.code]).toEqual([409, "operation.already_running"]);
    expect((await machineOf(systemId)).actions).toEqual(["mark-broken", "lock"]);
  });

  test("of many at once exactly one gets through, and the rest are told why", async () => {
    for (const [action, status] of [["deploy", "Ready"], ["power-cycle", "Deployed"]] as const) {
      const systemId = await makeMachine(region, siteId, { status });
      const answers = await Promise.all(Array.from({ length: 8 }, () => act(systemId, action)));
      expect(answers.filter((each) => each.status === 202)).toHaveLength(1);
      for (const refused of answers.filter((each) => each.status !== 202)) {
        expect(refused.status, refused.text).toBe(409);
        expect(["machine.action_refused", "operation.already_running", "change.contended"])
          .toContain(refused.body.code);
      }
      const list = await region.call(`GET /api/v1/operations?machine=${systemId}&state=running`);
      expect(list.body.operations).toHaveLength(1);
    }
  });

  test("a write on an older version of a machine changes nothing", async () => {
    const { db } = region.ctx;
    const read = await findMachine(db, await makeMachine(region, siteId));
    if (!read) throw new Error("it was made just now");
    expect(await moveMachine(db, read, { hostname: "first" })).toMatchObject({ hostname: "first" });
    expect(await moveMachine(db, read, { hostname: "second" })).toBeUndefined();
    expect((await findMachine(db, read.systemId))?.hostname).toBe("first");
  });

  test("is what the database itself holds to", async () => {
    const { db } = region.ctx;
    const machine = await findMachine(db, await makeMachine(region, siteId));
    const insert = (id: string, state: "running" | "done") =>
      insertOperation(db, {
        id,
        machineId: machine?.id ?? 0,
        siteId,
        kind: "power_query",
        state,
        askedAt: region.ctx.now(),
      });
    await insert("o-1", "done");
    await insert("o-2", "running");
    const error = await insert("o-3", "running").catch((error) => error);
    expect(violatedConstraint(error)).toBe("operations_one_running");
  });

  test("a fact that changes the machine in between does not refuse the request", async () => {
    const systemId = await makeMachine(region, siteId);
    const noise = async () => {
      for (let i = 0; i < 3; i++) {
        const row = await findMachine(region.ctx.db, systemId);
        if (row) await moveMachine(region.ctx.db, row, { powerState: i % 2 ? "on" : "off" });
      }
    };
    const [answer] = await Promise.all([act(systemId, "allocate"), noise()]);
    expect([answer.status, answer.body.machine?.status]).toEqual([200, "Allocated"]);
  });
});

describe("an Idempotency-Key", () => {
  const headers = { "idempotency-key": "abc" };

  test("makes a repeat answer with what the first one started", async () => {
    const systemId = await makeMachine(region, siteId);
    const first = await act(systemId, "deploy", { headers });
    const again = await act(systemId, "deploy", { headers });
    expect([again.status, again.body.operation.id]).toEqual([202, first.body.operation.id]);
    const started = await region.call(`GET /api/v1/operations?machine=${systemId}`);
    expect(started.body.operations).toHaveLength(1);
  });

  test("is refused with another request, and is one user's own", async () => {
    const [a, b] = [await makeMachine(region, siteId), await makeMachine(region, siteId)];
    const key = { "idempotency-key": crypto.randomUUID() };
    expect((await act(a, "deploy", { headers: key })).status).toBe(202);
    const other = await act(b, "deploy", { headers: key });
    expect([other.status, other.body.code]).toEqual([409, "idempotency.key_reused"]);
    expect((await act(b, "deploy", { headers: key, as: "operator" })).status).toBe(202);
  });

  test("works for what is done at once, too", async () => {
    const systemId = await makeMachine(region, siteId);
    const key = { "idempotency-key": crypto.randomUUID() };
    const request = { headers: key, body: { comment: "it smokes" } };
    expect((await act(systemId, "mark-broken", request)).status).toBe(200);
    const again = await act(systemId, "mark-broken", request);
    expect([again.status, again.body.machine]).toMatchObject([200, {
      status: "Broken",
      statusComment: "it smokes",
    }]);
    const other = await act(systemId, "mark-broken", { headers: key, body: { comment: "no" } });
    expect([other.status, other.body.code]).toEqual([409, "idempotency.key_reused"]);
    expect((await act(systemId, "mark-broken")).status).toBe(409); // without the key it is refused
  });

  test("is forgotten a day later", async () => {
    const systemId = await makeMachine(region, siteId);
    const key = { "idempotency-key": crypto.randomUUID() };
    await act(systemId, "allocate", { headers: key });
    region.advance(25 * 3_600_000);
    await tick(region.ctx);
    const late = await act(systemId, "allocate", { headers: key });
    expect([late.status, late.body.code]).toEqual([409, "machine.action_refused"]);
  });

  test("holds when the same request comes many times at once", async () => {
    const systemId = await makeMachine(region, siteId);
    const key = { "idempotency-key": crypto.randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => act(systemId, "deploy", { headers: key })),
    );
    const started = answers.filter((each) => each.status === 202);
    expect(started.length).toBeGreaterThan(0);
    expect(new Set(started.map((each) => each.body.operation.id)).size).toBe(1);
  });
});

describe("secrets", () => {
  test("of a BMC are in no answer, no event, no log", async () => {
    const systemId = await makeMachine(region, siteId);
    const answers = [
      await act(systemId, "deploy"),
      await region.call(`GET /api/v1/machines/${systemId}`),
      await region.call(`GET /api/v1/machines?siteId=${siteId}`),
      await region.call("PATCH /api/v1/machines/" + systemId, {
        body: {
          bmc: { kind: "ipmi", address: "192.0.2.8", username: "root", password: BMC_PASSWORD },
        },
      }),
      await region.call("GET /api/v1/events?limit=200"),
      await region.call("GET /api/v1/operations"),
      await region.call("PATCH /api/v1/machines/" + systemId, {
        body: { bmc: { kind: "ipmi", address: "?", username: "root", password: BMC_PASSWORD } },
      }),
    ];
    for (const { text } of answers) {
      expect(text).not.toContain(BMC_PASSWORD);
      expect(text).not.toContain("sealedPassword");
    }
    expect(JSON.stringify(region.logged)).not.toContain(BMC_PASSWORD);
    const row = await findMachine(region.ctx.db, systemId);
    expect(sealedPasswordOf(row)).not.toContain(BMC_PASSWORD);
    expect(await unsealText(region.ctx.secrets.sealKey, sealedPasswordOf(row)))
      .toBe(BMC_PASSWORD);
  });
});

const ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS";
