import { describe, expect, test } from "vitest";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { MachineAction } from "@/shared/machine/lifecycle.ts";
import {
  type ActionSubject,
  type Actor,
  availableActions,
  decideAction,
} from "./machine_action.ts";
import { changeByAction } from "./machine_change.ts";

const machine: ActionSubject = {
  status: "Ready",
  returnsTo: [],
  hostname: "node-1",
  isLocked: false,
  hasBmc: true,
  ownerUserId: null,
};
const admin: Actor = { userId: 1, role: "admin" };
const operator: Actor = { userId: 2, role: "operator" };
const viewer: Actor = { userId: 3, role: "viewer" };
const mine: ActionSubject = { ...machine, status: "Deployed", ownerUserId: operator.userId };
const running = { id: "o-1", kind: "power_cycle" } as const;

function refusal(subject: ActionSubject, actor: Actor, action: MachineAction): string {
  try {
    decideAction(subject, actor, { action });
    return "none";
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

describe("decideAction", () => {
  test("says where it leads and what work it starts", () => {
    expect(decideAction(machine, operator, { action: "deploy" })).toEqual({
      to: { status: "Deploying", returnsTo: [] },
      operation: "deploy",
      endsOperation: false,
    });
    expect(decideAction(mine, operator, { action: "release", erase: "full" })).toEqual({
      to: { status: "Disk erasing", returnsTo: [] },
      operation: "erase",
      endsOperation: false,
    });
    expect(decideAction({ ...mine, status: "Deploying", running }, operator, { action: "abort" }))
      .toMatchObject({ to: { status: "Allocated" }, operation: "power_off", endsOperation: true });
  });

  test("leaves a machine to its owner and to admins", () => {
    const other = { ...mine, ownerUserId: 99 };
    for (const action of ["release", "test", "rescue_mode", "power_off", "lock"] as const) {
      expect([action, refusal(mine, operator, action)]).toEqual([action, "none"]);
      expect([action, refusal(other, operator, action)]).toEqual([action, "machine.not_yours"]);
      expect([action, refusal(other, admin, action)]).toEqual([action, "none"]);
    }
    expect(refusal(other, viewer, "power_query")).toBe("none");
  });

  test("wants an admin for what others must not do to machines of nobody", () => {
    for (const action of ["commission", "test", "rescue_mode", "retire", "lock"] as const) {
      expect([action, refusal(machine, operator, action)])
        .toEqual([action, "caller.role_too_weak"]);
    }
  });

  test("refuses a locked machine everything but to be unlocked or asked for its power", () => {
    const locked = { ...mine, isLocked: true };
    expect(refusal(locked, admin, "release")).toBe("machine.locked");
    expect(refusal(locked, admin, "unlock")).toBe("none");
    expect(availableActions(locked, admin)).toEqual(["unlock", "power_query"]);
  });

  test("takes no machine from its owner", () => {
    const failed: ActionSubject = { ...mine, status: "Failed testing", returnsTo: ["Deployed"] };
    expect(refusal(failed, admin, "commission")).toBe("machine.owned");
    expect(refusal(failed, admin, "retire")).toBe("machine.owned");
    expect(refusal({ ...failed, returnsTo: ["Ready"], ownerUserId: null }, admin, "commission"))
      .toBe("none");
  });

  test("waits for work under way, unless it ends it", () => {
    expect(refusal({ ...mine, running }, operator, "power_off")).toBe("operation.already_running");
    expect(refusal({ ...mine, running }, operator, "mark_broken")).toBe("none");
    expect(refusal({ ...mine, hasBmc: false }, operator, "power_off")).toBe("machine.no_bmc");
  });

  test("names the statuses that would do", () => {
    expect(() => decideAction({ ...machine, status: "New" }, admin, { action: "deploy" }))
      .toThrow(/a machine that is New cannot deploy; it can commission/);
  });
});

describe("availableActions", () => {
  test("are the lifecycle's, for the person", () => {
    expect(availableActions(machine, admin)).toEqual([
      "commission",
      "test",
      "allocate",
      "deploy",
      "rescue_mode",
      "mark_broken",
      "lock",
      "retire",
      "power_off",
      "power_query",
    ]);
    expect(availableActions(machine, operator))
      .toEqual(["allocate", "deploy", "mark_broken", "power_off", "power_query"]);
    expect(availableActions(machine, viewer)).toEqual(["power_query"]);
  });

  test("leave out power without a BMC, and work while there is work", () => {
    expect(availableActions({ ...machine, hasBmc: false }, operator))
      .toEqual(["allocate", "deploy", "mark_broken"]);
    expect(availableActions({ ...machine, running }, operator))
      .toEqual(["allocate", "mark_broken"]);
  });
});

describe("changeByAction", () => {
  const taken = {
    to: { status: "Ready", returnsTo: [] } as const,
    imageId: null,
    sshKeys: [],
    userId: 7,
    now: new Date(0),
  };

  test("frees a machine that becomes Ready, and nothing else does", () => {
    expect(changeByAction(mine, { ...taken, action: "release", operation: "release" }))
      .toMatchObject({ status: "Ready", ownerUserId: null, imageId: null, failure: null });
    const broken = changeByAction(mine, {
      ...taken,
      action: "mark_broken",
      to: { status: "Broken", returnsTo: ["Deployed"] },
      comment: "it smokes",
    });
    expect(broken).toEqual({
      status: "Broken",
      returnsTo: ["Deployed"],
      statusChangedAt: new Date(0),
      statusComment: "it smokes",
      rescue: null,
    });
  });

  test("gives a machine to whoever takes it, and leaves it with whoever has it", () => {
    const to = { status: "Deploying", returnsTo: [] } as const;
    const deploy = { ...taken, to, action: "deploy", operation: "deploy", imageId: "i-1" } as const;
    expect(changeByAction(machine, deploy)).toMatchObject({ ownerUserId: 7, imageId: "i-1" });
    expect(changeByAction({ ...mine, status: "Failed deployment" }, deploy))
      .toMatchObject({ ownerUserId: 2 });
  });

  test("remembers what a rescue boots, until the machine moves on", () => {
    const to = { status: "Entering rescue mode", returnsTo: ["Deployed"] } as const;
    expect(changeByAction(mine, {
      ...taken,
      to,
      action: "rescue_mode",
      imageId: "i-1",
      sshKeys: ["ssh-ed25519 A"],
    })).toMatchObject({ rescue: { imageId: "i-1", sshKeys: ["ssh-ed25519 A"] } });
    expect(changeByAction({ ...mine, ...to }, {
      ...taken,
      to: { status: "Exiting rescue mode", returnsTo: ["Deployed"] },
      action: "exit_rescue_mode",
    })).toMatchObject({ rescue: null });
  });

  test("locks without touching anything else", () => {
    expect(changeByAction(mine, { ...taken, to: mine, action: "lock" })).toEqual({
      isLocked: true,
    });
  });
});
