import {
  enterStatus,
  IN_TRANSIT,
  isInTransit,
  MACHINE_STATUSES,
  type MachineStatus,
  returnToPrevious,
  type Standing,
  standingWhenFixed,
} from "./statuses.ts";

export {
  isInTransit,
  isOwned,
  MACHINE_STATUSES,
  type MachineStatus,
  type Standing,
} from "./statuses.ts";

/** Roles, weakest first: each may do what those before it may. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = typeof ROLES[number];

/** The kinds of work a site does to a machine; each has a boot plan. */
export const OPERATION_KINDS = [
  "commission",
  "test",
  "deploy",
  "release",
  "erase",
  "rescue",
  "exit_rescue",
  "power_on",
  "power_off",
  "power_cycle",
  "power_query",
] as const;
export type OperationKind = typeof OPERATION_KINDS[number];

/**
 * Where an action or an outcome leads. `previous`: the status that the machine took a detour from.
 * `fixed`: what it is once whatever was broken is mended.
 */
type Target = MachineStatus | "previous" | "fixed";
type Moves = Partial<Record<MachineStatus, Target>>;

interface ActionRule {
  /** The weakest role that may ask for it. */
  readonly role: Role;
  /** The weakest role that may ask for it on a machine of one's own, where that is a weaker one. */
  readonly ownRole?: Role;
  /** The operation that the site then carries out; absent: done as soon as it is recorded. */
  readonly operation?: OperationKind;
  /** From each status in which it is allowed, the status it leads to at once. */
  readonly to: Moves;
  /** Refused while the machine belongs to somebody: it would be taken from them. */
  readonly wantsUnowned?: boolean;
  /** Ends the operation that is under way, instead of waiting for it. */
  readonly endsOperation?: boolean;
  /** Allowed on a locked machine. */
  readonly ignoresLock?: boolean;
}

/** Statuses in which no lifecycle operation runs. */
const RESTING = MACHINE_STATUSES.filter((status) =>
  !(IN_TRANSIT as readonly MachineStatus[]).includes(status)
);
/** Statuses in which a machine has something to run. */
const POWERABLE = ["Deployed", "Rescue mode", "Broken"] as const;

/**
 * What people can ask for: the whole lifecycle, one row an action.
 *
 * Read down `to`: in that status the action is allowed and leads there; anywhere else it is refused.
 * The region enforces it; console and CLI read it to show what can be done.
 */
export const ACTIONS = {
  commission: {
    role: "admin",
    operation: "commission",
    to: every("Commissioning", [
      "New",
      "Failed commissioning",
      "Ready",
      "Failed testing",
      "Broken",
    ]),
    wantsUnowned: true,
  },
  test: {
    role: "admin",
    ownRole: "operator",
    operation: "test",
    to: every("Testing", [
      "New",
      "Failed commissioning",
      "Ready",
      "Allocated",
      "Deployed",
      "Failed deployment",
      "Releasing failed",
      "Failed disk erasing",
      "Failed to enter rescue mode",
      "Failed to exit rescue mode",
      "Failed testing",
      "Broken",
    ]),
  },
  allocate: { role: "operator", to: { "Ready": "Allocated" } },
  deploy: {
    role: "operator",
    operation: "deploy",
    to: every("Deploying", [
      "Ready", // allocates on the way
      "Allocated",
      "Failed deployment", // MAAS wants a release first; nothing is gained by it
    ]),
  },
  // With a way to erase, it leads to Disk erasing instead.
  release: {
    role: "operator",
    operation: "release",
    to: every("Releasing", [
      "Allocated",
      "Deployed",
      "Failed deployment",
      "Releasing failed",
      "Failed disk erasing",
    ]),
  },
  // Ends the running operation and powers the machine off.
  abort: {
    role: "admin",
    ownRole: "operator",
    operation: "power_off",
    to: {
      "Commissioning": "New",
      "Deploying": "Allocated",
      "Releasing": "Releasing failed",
      "Disk erasing": "Failed disk erasing",
      "Testing": "previous",
      "Entering rescue mode": "previous",
      "Exiting rescue mode": "Failed to exit rescue mode",
    },
    endsOperation: true,
  },
  rescue_mode: {
    role: "admin",
    ownRole: "operator",
    operation: "rescue",
    to: every("Entering rescue mode", [
      "New",
      "Failed commissioning",
      "Ready",
      "Allocated",
      "Deployed",
      "Failed deployment",
      "Failed disk erasing",
      "Failed testing",
      "Failed to enter rescue mode",
      "Failed to exit rescue mode",
      "Broken",
    ]),
  },
  exit_rescue_mode: {
    role: "admin",
    ownRole: "operator",
    operation: "exit_rescue",
    to: every("Exiting rescue mode", [
      "Rescue mode",
      "Failed to enter rescue mode",
      "Failed to exit rescue mode",
    ]),
  },
  mark_broken: {
    role: "operator",
    to: everyBut("Broken", [
      "Entering rescue mode",
      "Rescue mode",
      "Exiting rescue mode",
      "Broken",
      "Retired",
    ]),
    endsOperation: true,
  },
  mark_fixed: { role: "admin", to: { "Broken": "fixed" } },
  override_failed_testing: { role: "admin", to: { "Failed testing": "previous" } },
  lock: { role: "admin", ownRole: "operator", to: stayIn(MACHINE_STATUSES) },
  unlock: {
    role: "admin",
    ownRole: "operator",
    to: stayIn(MACHINE_STATUSES),
    ignoresLock: true,
  },
  // Kept for its history; not booted, and never allocated.
  retire: {
    role: "admin",
    to: every("Retired", [
      "New",
      "Failed commissioning",
      "Ready",
      "Failed testing",
      "Broken",
    ]),
    wantsUnowned: true,
  },
  // New, because nobody knows what became of its hardware.
  unretire: { role: "admin", to: { "Retired": "New" } },
  power_on: { role: "operator", operation: "power_on", to: stayIn(POWERABLE) },
  power_off: { role: "operator", operation: "power_off", to: stayIn(RESTING) },
  power_cycle: { role: "operator", operation: "power_cycle", to: stayIn(POWERABLE) },
  power_query: {
    role: "viewer",
    operation: "power_query",
    to: stayIn(RESTING),
    ignoresLock: true,
  },
} as const satisfies Record<string, ActionRule>;
export type MachineAction = keyof typeof ACTIONS;

export const MACHINE_ACTIONS = Object.keys(ACTIONS) as readonly MachineAction[];

/**
 * How a machine's disks are wiped before it is free again.
 *
 * `quick`: what tells of their content, so that nothing is found by accident. `secure`: by the disk's
 * own command where it has one, else in full. `full`: every byte is written over.
 */
export const ERASE_WAYS = ["quick", "secure", "full"] as const;
export type EraseWay = typeof ERASE_WAYS[number];

/** What the end of an operation leads to; a kind that is not here leaves the status alone. */
const OUTCOMES: Partial<Record<OperationKind, Record<"done" | "failed", Target>>> = {
  commission: { done: "Ready", failed: "Failed commissioning" },
  test: { done: "previous", failed: "Failed testing" },
  deploy: { done: "Deployed", failed: "Failed deployment" },
  release: { done: "Ready", failed: "Releasing failed" },
  erase: { done: "Ready", failed: "Failed disk erasing" },
  rescue: { done: "Rescue mode", failed: "Failed to enter rescue mode" },
  exit_rescue: { done: "previous", failed: "Failed to exit rescue mode" },
};

/** The row of an action, with every field that a row can have. */
export function ruleOf(action: MachineAction): ActionRule {
  return ACTIONS[action];
}

/** The weakest role that may ask for this of any machine at all. */
export function weakestRoleFor(action: MachineAction): Role {
  const { role, ownRole } = ruleOf(action);
  return ownRole ?? role;
}

/** Where `action` leads to; undefined: it is not allowed in this status. */
export function standingAfterAction(
  from: Standing,
  action: MachineAction,
  erase?: EraseWay,
): Standing | undefined {
  const target = ruleOf(action).to[from.status];
  if (!target) return undefined;
  return follow(from, action === "release" && erase ? "Disk erasing" : target);
}

/** Where the end of an operation leads to. */
export function standingAfterOperation(
  from: Standing,
  kind: OperationKind,
  outcome: "done" | "failed",
): Standing {
  const target = OUTCOMES[kind]?.[outcome];
  return target ? follow(from, target) : from;
}

/** The actions that are allowed in this status, whoever asks. */
export function allowedActions(status: MachineStatus): MachineAction[] {
  return MACHINE_ACTIONS.filter((action) => ruleOf(action).to[status] !== undefined);
}

/** The operation an action starts, if any. */
export function operationOf(action: MachineAction, erase?: EraseWay): OperationKind | undefined {
  return action === "release" && erase ? "erase" : ruleOf(action).operation;
}

/** `power_on` is `power-on` in a path. */
export function formatAction(action: MachineAction): string {
  return action.replaceAll("_", "-");
}

/** The operation that runs on a machine while it is in this transient status. */
export function operationInTransit(status: MachineStatus): OperationKind {
  const kind = status === "Disk erasing" ? "erase" : undefined;
  const found = kind ?? MACHINE_ACTIONS.map(ruleOf)
    .find(({ to, operation }) => operation && Object.values(to).includes(status) && !to[status])
    ?.operation;
  if (!found || !isInTransit(status)) throw new Error(`no operation runs while ${status}`);
  return found;
}

/** Whether the end of such an operation moves the machine on; switching its power does not. */
export function movesMachine(kind: OperationKind): boolean {
  return OUTCOMES[kind] !== undefined;
}

function follow(from: Standing, target: Target): Standing {
  switch (target) {
    case "previous":
      return returnToPrevious(from);
    case "fixed":
      return standingWhenFixed(from);
    default:
      return enterStatus(from, target);
  }
}

function every(target: MachineStatus, statuses: readonly MachineStatus[]): Moves {
  return Object.fromEntries(statuses.map((status) => [status, target]));
}

function everyBut(target: MachineStatus, statuses: readonly MachineStatus[]): Moves {
  return every(target, MACHINE_STATUSES.filter((status) => !statuses.includes(status)));
}

function stayIn(statuses: readonly MachineStatus[]): Moves {
  return Object.fromEntries(statuses.map((status) => [status, status]));
}
