import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  allowedActions,
  isOwned,
  MACHINE_ACTIONS,
  MACHINE_STATUSES,
  type MachineAction,
  type MachineStatus,
  movesMachine,
  OPERATION_KINDS,
  type OperationKind,
  operationOf,
  ROLES,
  ruleOf,
  type Standing,
  standingAfterAction,
  standingAfterOperation,
  weakestRoleFor,
} from "./lifecycle.ts";
import { IN_TRANSIT, isInTransit } from "./statuses.ts";

const at = (status: MachineStatus, ...returnsTo: MachineStatus[]): Standing => ({
  status,
  returnsTo,
});

/** `Deployed +test -test` is: deployed, tested, and the test failed. */
function walk(from: Standing, path: string): Standing {
  return path.split(" ").reduce((standing, step) => {
    const name = step.slice(1);
    if (step.startsWith("+")) {
      const next = standingAfterAction(standing, name as MachineAction);
      if (!next) throw new Error(`${standing.status} refuses ${name}`);
      return next;
    }
    const outcome = step.startsWith("!") ? "done" : "failed";
    return standingAfterOperation(standing, name as OperationKind, outcome);
  }, from);
}

const WALKS: [from: Standing, path: string, to: Standing][] = [
  [at("New"), "+commission !commission", at("Ready")],
  [at("Ready"), "+deploy !deploy", at("Deployed")],
  [at("Ready"), "+deploy -deploy +deploy", at("Deploying")], // without a release
  [at("Deployed"), "+release !release", at("Ready")],
  [at("Deployed"), "+test !test", at("Deployed")],
  [at("Deployed"), "+test -test", at("Failed testing", "Deployed")],
  [at("Deployed"), "+test -test +override_failed_testing", at("Deployed")],
  [at("Deployed"), "+test -test +test +abort", at("Deployed")],
  [at("Deployed"), "+rescue_mode !rescue", at("Rescue mode", "Deployed")],
  [at("Deployed"), "+rescue_mode !rescue +exit_rescue_mode !exit_rescue", at("Deployed")],
  [at("Allocated"), "+rescue_mode -rescue +exit_rescue_mode !exit_rescue", at("Allocated")],
  [at("Ready"), "+test -test +rescue_mode !rescue", at("Rescue mode", "Ready")],
  [at("Deployed"), "+mark_broken", at("Broken", "Deployed")],
  [at("Deployed"), "+mark_broken +test", at("Testing", "Deployed", "Broken")],
  [at("Deployed"), "+mark_broken +test !test", at("Broken", "Deployed")],
  [at("Deployed"), "+mark_broken +test !test +mark_fixed", at("Deployed")],
  [at("Deployed"), "+mark_broken +test -test +mark_broken", at("Broken", "Deployed")],
  [at("Deploying"), "+mark_broken +mark_fixed", at("Allocated")],
  [at("New"), "+mark_broken +mark_fixed", at("New")],
  [at("Ready"), "+mark_broken +mark_fixed", at("Ready")],
  [at("Ready"), "+mark_broken +commission !commission", at("Ready")],
  [at("Ready"), "+retire +unretire", at("New")],
  [at("Commissioning"), "+abort", at("New")],
  [at("Deploying"), "+abort", at("Allocated")],
  [at("Releasing"), "+abort", at("Releasing failed")],
  [at("Disk erasing"), "+abort", at("Failed disk erasing")],
  [at("Entering rescue mode", "Deployed"), "+abort", at("Deployed")],
  [at("Exiting rescue mode", "Deployed"), "+abort", at("Failed to exit rescue mode", "Deployed")],
];
test.each(WALKS)("%j by %s becomes %j", (from, path, to) => {
  expect(walk(from, path)).toEqual(to);
});

test("release with a way to erase wipes the disks first", () => {
  expect(standingAfterAction(at("Deployed"), "release", "quick")).toEqual(at("Disk erasing"));
  expect(operationOf("release", "quick")).toBe("erase");
  expect(standingAfterOperation(at("Disk erasing"), "erase", "done")).toEqual(at("Ready"));
  expect(standingAfterOperation(at("Disk erasing"), "erase", "failed"))
    .toEqual(at("Failed disk erasing"));
});

describe("the table", () => {
  test("has a way out of every status", () => {
    for (const status of MACHINE_STATUSES) {
      const leading = allowedActions(status).filter((action) =>
        ruleOf(action).to[status] !== status
      );
      expect(leading, status).not.toEqual([]);
    }
  });

  test("lets every transient status be aborted, and no other", () => {
    for (const status of MACHINE_STATUSES) {
      expect([status, allowedActions(status).includes("abort")])
        .toEqual([status, isInTransit(status)]);
    }
  });

  test("starts work that ends the transient status it leads to", () => {
    for (const action of MACHINE_ACTIONS) {
      for (const [from, to] of Object.entries(ruleOf(action).to)) {
        const kind = operationOf(action);
        if (from === to || !(IN_TRANSIT as readonly string[]).includes(to)) continue;
        if (!kind) throw new Error(`${action} starts nothing`);
        const standing = standingAfterAction(at(from as MachineStatus), action) ?? at("New");
        for (const outcome of ["done", "failed"] as const) {
          const { status } = standingAfterOperation(standing, kind, outcome);
          expect(isInTransit(status), `${action} ${outcome}`).toBe(false);
        }
      }
    }
  });

  test("keeps the status while power is switched, whatever comes of it", () => {
    const kinds = OPERATION_KINDS.filter((kind) => kind.startsWith("power_"));
    for (const kind of kinds) {
      expect(movesMachine(kind)).toBe(false);
      expect(standingAfterOperation(at("Deployed"), kind, "failed")).toEqual(at("Deployed"));
    }
  });

  test("lets a viewer look, and change nothing", () => {
    for (const action of MACHINE_ACTIONS) {
      expect([action, ROLES.indexOf(weakestRoleFor(action)) > 0])
        .toEqual([action, action !== "power_query"]);
    }
  });
});

test("no sequence of actions and outcomes loses an owner, or gets stuck on a detour", () => {
  const picks = fc.array(fc.tuple(fc.nat(), fc.boolean(), fc.boolean()), { maxLength: 60 });
  fc.assert(fc.property(picks, (sequence) => {
    let standing = at("Ready");
    for (const [pick, isDone, ends] of sequence) {
      const before = standing;
      const actions = allowedActions(standing.status).filter((action) =>
        !(ruleOf(action).wantsUnowned && isOwned(before))
      );
      const action = actions[pick % actions.length];
      if (!action) throw new Error(`nothing can be done in ${standing.status}`);
      standing = standingAfterAction(standing, action) ?? standing;
      const kind = operationOf(action);
      if (kind && ends) {
        standing = standingAfterOperation(standing, kind, isDone ? "done" : "failed");
      }
      expect(MACHINE_STATUSES).toContain(standing.status);
      expect(standing.returnsTo.length).toBeLessThanOrEqual(2);
      const isFreed = action === "release" && standing.status === "Ready";
      if (isOwned(before) && !isFreed) expect([action, isOwned(standing)]).toEqual([action, true]);
    }
  }));
});
