import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ACTIONS,
  allowedActions,
  MACHINE_ACTIONS,
  MACHINE_STATUSES,
  type MachineStatus,
  OPERATION_KINDS,
  operationOf,
  ROLES,
  statusAfterAction,
  statusAfterOperation,
} from "./lifecycle.ts";

test("statusAfterAction() takes a machine from power-on to deployed and back", () => {
  let status: MachineStatus = "New";
  const walk = (next: MachineStatus) => (status = next);
  expect(walk(statusAfterAction(status, "commission"))).toBe("Commissioning");
  expect(walk(statusAfterOperation(status, "commission", "done"))).toBe("Ready");
  expect(walk(statusAfterAction(status, "deploy"))).toBe("Deploying");
  expect(walk(statusAfterOperation(status, "deploy", "done"))).toBe("Deployed");
  expect(walk(statusAfterAction(status, "release"))).toBe("Releasing");
  expect(walk(statusAfterOperation(status, "release", "done"))).toBe("Ready");
});

test("a failed deployment can be deployed again without a release", () => {
  const failed = statusAfterOperation("Deploying", "deploy", "failed");
  expect(failed).toBe("Failed deployment");
  expect(statusAfterAction(failed, "deploy")).toBe("Deploying");
});

test("statusAfterAction() refuses with what would be accepted", () => {
  expect(() => statusAfterAction("New", "deploy")).toThrowError(
    /a machine that is New cannot deploy; it can commission/,
  );
});

test("power operations leave the status alone, whatever comes of them", () => {
  for (const status of MACHINE_STATUSES) {
    for (const kind of ["power_on", "power_off", "power_cycle", "power_query"] as const) {
      expect(statusAfterOperation(status, kind, "failed")).toBe(status);
    }
  }
});

test("a viewer may look, and change nothing", () => {
  for (const status of MACHINE_STATUSES) {
    expect(allowedActions(status, "viewer").filter((action) => action !== "power_query"))
      .toEqual([]);
  }
});

test("a stronger role may do all that a weaker one may", () => {
  for (const status of MACHINE_STATUSES) {
    const [viewer, operator, admin] = ROLES.map((role) => allowedActions(status, role));
    expect(operator).toEqual(expect.arrayContaining(viewer ?? []));
    expect(admin).toEqual(expect.arrayContaining(operator ?? []));
  }
});

test("no sequence of allowed actions and outcomes leaves the known statuses or gets stuck", () => {
  const picks = fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 60 });
  fc.assert(fc.property(picks, (sequence) => {
    let status: MachineStatus = "New";
    for (const [pick, isDone] of sequence) {
      const allowed = allowedActions(status);
      // With nothing allowed an operation must be under way that will end.
      if (allowed.length === 0) expect(["Releasing"]).toContain(status);
      const action = allowed[pick % Math.max(1, allowed.length)];
      if (action) status = statusAfterAction(status, action);
      const running = OPERATION_KINDS.filter((kind) =>
        statusAfterOperation(status, kind, "done") !== status && status !== "Ready" &&
        MACHINE_ACTIONS.some((name) =>
          operationOf(name) === kind && Object.values(ACTIONS[name].to).includes(status as never)
        )
      );
      const kind = running[0];
      if (kind && status.endsWith("ing")) {
        status = statusAfterOperation(status, kind, isDone ? "done" : "failed");
      }
      expect(MACHINE_STATUSES).toContain(status);
    }
  }));
});
