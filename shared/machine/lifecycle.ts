import { DomainError } from "@/shared/errors/domain_error.ts";

/** Every status a machine can have. The names are MAAS's, so that scripts and people know them. */
export const MACHINE_STATUSES = [
  "New",
  "Commissioning",
  "Failed commissioning",
  "Ready",
  "Allocated",
  "Deploying",
  "Deployed",
  "Failed deployment",
  "Releasing",
  "Releasing failed",
  "Broken",
] as const;
export type MachineStatus = typeof MACHINE_STATUSES[number];

/** Roles, weakest first: each may do what those before it may. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = typeof ROLES[number];

/** The kinds of work a site does to a machine; each has a boot plan. */
export const OPERATION_KINDS = [
  "commission",
  "deploy",
  "release",
  "power_on",
  "power_off",
  "power_cycle",
  "power_query",
] as const;
export type OperationKind = typeof OPERATION_KINDS[number];

interface ActionRule {
  /** The weakest role that may ask for it. */
  readonly role: Role;
  /** The operation that the site then carries out; absent: done as soon as it is recorded. */
  readonly operation?: OperationKind;
  /** From each status in which it is allowed, the status it leads to at once. */
  readonly to: Partial<Record<MachineStatus, MachineStatus>>;
}

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
    to: {
      "New": "Commissioning",
      "Failed commissioning": "Commissioning",
      "Ready": "Commissioning",
      "Broken": "Commissioning",
    },
  },
  allocate: { role: "operator", to: { "Ready": "Allocated" } },
  deploy: {
    role: "operator",
    operation: "deploy",
    to: {
      "Ready": "Deploying", // allocates on the way
      "Allocated": "Deploying",
      "Failed deployment": "Deploying", // MAAS wants a release first; nothing is gained by it
    },
  },
  release: {
    role: "operator",
    operation: "release",
    to: {
      "Allocated": "Releasing",
      "Deployed": "Releasing",
      "Failed deployment": "Releasing",
      "Releasing failed": "Releasing",
    },
  },
  // Ends the running operation and powers the machine off.
  abort: {
    role: "operator",
    operation: "power_off",
    to: { "Commissioning": "New", "Deploying": "Allocated" },
  },
  mark_broken: {
    role: "operator",
    to: {
      "New": "Broken",
      "Failed commissioning": "Broken",
      "Ready": "Broken",
      "Allocated": "Broken",
      "Deployed": "Broken",
      "Failed deployment": "Broken",
      "Releasing failed": "Broken",
    },
  },
  mark_fixed: { role: "admin", to: { "Broken": "Ready" } },
  power_on: { role: "operator", operation: "power_on", to: stayIn("Deployed", "Broken") },
  power_off: { role: "operator", operation: "power_off", to: stayInResting() },
  power_cycle: { role: "operator", operation: "power_cycle", to: stayIn("Deployed", "Broken") },
  power_query: { role: "viewer", operation: "power_query", to: stayInResting() },
} as const satisfies Record<string, ActionRule>;
export type MachineAction = keyof typeof ACTIONS;

export const MACHINE_ACTIONS = Object.keys(ACTIONS) as readonly MachineAction[];

/** What the end of an operation leads to; a kind that is not here leaves the status alone. */
const OUTCOMES: Partial<Record<OperationKind, Record<"done" | "failed", MachineStatus>>> = {
  commission: { done: "Ready", failed: "Failed commissioning" },
  deploy: { done: "Deployed", failed: "Failed deployment" },
  release: { done: "Ready", failed: "Releasing failed" },
};

/** The status after `action`, or a `conflict` that names what would be accepted instead. */
export function statusAfterAction(status: MachineStatus, action: MachineAction): MachineStatus {
  const next = (ACTIONS[action] as ActionRule).to[status];
  if (next) return next;
  const allowed = allowedActions(status);
  throw new DomainError({
    kind: "conflict",
    code: "machine.action_refused",
    message: `a machine that is ${status} cannot ${spoken(action)}; ` +
      (allowed.length > 0 ? `it can ${allowed.map(spoken).join(", ")}` : "wait for its operation"),
  });
}

/** The status after an operation ended. */
export function statusAfterOperation(
  status: MachineStatus,
  kind: OperationKind,
  outcome: "done" | "failed",
): MachineStatus {
  return OUTCOMES[kind]?.[outcome] ?? status;
}

/** The actions that `statusAfterAction` accepts in this status, for a person of this role. */
export function allowedActions(status: MachineStatus, role: Role = "admin"): MachineAction[] {
  return MACHINE_ACTIONS.filter((action) =>
    (ACTIONS[action] as ActionRule).to[status] !== undefined &&
    ROLES.indexOf(role) >= ROLES.indexOf(ACTIONS[action].role)
  );
}

/** The operation an action starts, if any. */
export function operationOf(action: MachineAction): OperationKind | undefined {
  return (ACTIONS[action] as ActionRule).operation;
}

function spoken(action: MachineAction): string {
  return action.replaceAll("_", " ");
}

function stayIn(...statuses: MachineStatus[]): Partial<Record<MachineStatus, MachineStatus>> {
  return Object.fromEntries(statuses.map((status) => [status, status]));
}

/** Statuses in which no lifecycle operation runs. */
function stayInResting(): Partial<Record<MachineStatus, MachineStatus>> {
  return stayIn(
    "New",
    "Failed commissioning",
    "Ready",
    "Allocated",
    "Deployed",
    "Failed deployment",
    "Releasing failed",
    "Broken",
  );
}
