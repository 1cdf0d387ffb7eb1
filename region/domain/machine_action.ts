import {
  allowedActions,
  type EraseWay,
  isOwned,
  MACHINE_ACTIONS,
  type MachineAction,
  type OperationKind,
  operationOf,
  type Role,
  ROLES,
  ruleOf,
  type Standing,
  standingAfterAction,
} from "@/shared/machine/lifecycle.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** What has to be known of a machine to say whether an action can be done. */
export interface ActionSubject extends Standing {
  readonly hostname: string;
  readonly isLocked: boolean;
  readonly hasBmc: boolean;
  /** Its power can be switched on and nothing else. */
  readonly onlySwitchesOn?: boolean;
  readonly ownerUserId: number | null;
  /** The operation under way. */
  readonly running?: { readonly id: string; readonly kind: OperationKind };
}

/** Who asks. */
export interface Actor {
  readonly userId: number;
  readonly role: Role;
}

/** What an action will do at once. */
export interface ActionDecision {
  readonly to: Standing;
  /** The work that the site is given, if there is any for it to do. */
  readonly operation?: OperationKind;
  /** The operation under way is ended first. */
  readonly endsOperation: boolean;
}

/**
 * What an action on a machine would lead to, without doing it.
 *
 * Throws `conflict` when the lifecycle, a lock, an owner or work under way refuses, and `forbidden`
 * when the machine is somebody else's or the action needs a stronger role.
 */
export function decideAction(
  machine: ActionSubject,
  actor: Actor,
  ask: { readonly action: MachineAction; readonly erase?: EraseWay },
): ActionDecision {
  const { action, erase } = ask;
  const to = standingAfterAction(machine, action, erase);
  const refusal = refusalOf(machine, actor, action, to);
  if (refusal || !to) throw refusal?.() ?? wrongStatus(machine, action);
  const operation = operationOf(action, erase);
  const endsOperation = ruleOf(action).endsOperation === true;
  return { to, endsOperation, ...(operation ? { operation } : {}) };
}

/** What this person can ask of this machine right now. */
export function availableActions(machine: ActionSubject, actor: Actor): MachineAction[] {
  return MACHINE_ACTIONS.filter((action) =>
    isOfUse(machine, action) &&
    !refusalOf(machine, actor, action, standingAfterAction(machine, action))
  );
}

/** To lock what is locked is no error, and nothing to offer either. */
function isOfUse(machine: ActionSubject, action: MachineAction): boolean {
  return action === "lock" ? !machine.isLocked : action === "unlock" ? machine.isLocked : true;
}

/** Put into words when it is asked for only: a list of machines refuses a dozen actions of each. */
type Refusal = () => DomainError;

function refusalOf(
  machine: ActionSubject,
  actor: Actor,
  action: MachineAction,
  to: Standing | undefined,
): Refusal | undefined {
  const rule = ruleOf(action);
  const isMine = machine.ownerUserId === actor.userId;
  const wanted = isMine ? rule.ownRole ?? rule.role : roleForOthers(machine, rule.role);
  if (ROLES.indexOf(actor.role) < ROLES.indexOf(wanted)) {
    return () => notAllowed(machine, action, wanted);
  }
  if (machine.isLocked && !rule.ignoresLock) return () => locked(machine, action);
  if (!to) return () => wrongStatus(machine, action);
  if (rule.wantsUnowned && (isOwned(machine) || machine.ownerUserId !== null)) {
    return () => owned(machine, action);
  }
  const { running } = machine;
  if (running && rule.operation && !rule.endsOperation) return () => busy(running);
  if (action.startsWith("power_") && !machine.hasBmc) return () => noBmc(machine);
  if (["power_off", "power_cycle", "power_query"].includes(action) && machine.onlySwitchesOn) {
    return () => onlySwitchesOn(machine);
  }
  return undefined;
}

/** A machine that belongs to somebody else is an admin's to touch; anybody may look. */
function roleForOthers(machine: ActionSubject, role: Role): Role {
  return machine.ownerUserId === null || role === "viewer" ? role : "admin";
}

function notAllowed(machine: ActionSubject, action: MachineAction, wanted: Role): DomainError {
  const isOwnedByOther = machine.ownerUserId !== null;
  return new DomainError({
    kind: "forbidden",
    code: isOwnedByOther ? "machine.not_yours" : "caller.role_too_weak",
    message: isOwnedByOther
      ? `${machine.hostname} belongs to somebody else; its owner or an ${wanted} can ${
        spoken(action)
      } it`
      : `to ${spoken(action)} ${machine.hostname} needs ${wanted}`,
  });
}

function locked(machine: ActionSubject, action: MachineAction): DomainError {
  return conflict(
    "machine.locked",
    `${machine.hostname} is locked, so that nobody can ${
      spoken(action)
    } it by mistake; unlock it ` +
      "first",
  );
}

function wrongStatus(machine: ActionSubject, action: MachineAction): DomainError {
  const allowed = allowedActions(machine.status).map(spoken).join(", ");
  return new DomainError({
    kind: "conflict",
    code: "machine.action_refused",
    message: `a machine that is ${machine.status} cannot ${spoken(action)}; it can ${allowed}`,
    value: machine.status,
    accepted: statusesFor(action),
  });
}

function statusesFor(action: MachineAction): string {
  return `a machine that is ${Object.keys(ruleOf(action).to).join(", ")}`;
}

function owned(machine: ActionSubject, action: MachineAction): DomainError {
  return conflict(
    "machine.owned",
    `${machine.hostname} belongs to somebody; to ${spoken(action)} it, release it first`,
  );
}

function busy({ id, kind }: { id: string; kind: OperationKind }): DomainError {
  return conflict(
    "operation.already_running",
    `${kind} ${id} is under way on this machine; wait for it or abort it`,
  );
}

function noBmc(machine: ActionSubject): DomainError {
  return conflict(
    "machine.no_bmc",
    `${machine.hostname} has no BMC; switch it by hand, or tell its BMC with PATCH`,
  );
}

function onlySwitchesOn(machine: ActionSubject): DomainError {
  return conflict(
    "machine.only_switches_on",
    `${machine.hostname} is woken by Wake-on-LAN, which can switch on only; switch it off by hand`,
  );
}

function conflict(code: string, message: string): DomainError {
  return new DomainError({ kind: "conflict", code, message });
}

function spoken(action: MachineAction): string {
  return action.replaceAll("_", " ");
}
