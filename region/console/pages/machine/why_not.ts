import {
  allowedActions,
  formatAction,
  isOwned,
  type MachineAction,
  ROLES,
  ruleOf,
} from "@/shared/machine/lifecycle.ts";
import type { OutputOf } from "../../api/api_schema.ts";
import type { Me } from "../../api/session.ts";
import { whyText } from "../../strings/machine.ts";

export type Machine = OutputOf<"/machines/:systemId", "get">;

/** Why it cannot be asked for now; undefined: it can. The region has the last word in either case. */
export function whyNot(machine: Machine, action: MachineAction, me: Me): string | undefined {
  if (machine.actions.includes(formatAction(action))) return undefined;
  const rule = ruleOf(action);
  const isMine = machine.owner === me.username;
  const isOthers = machine.owner !== null && !isMine;
  const role = isMine ? rule.ownRole ?? rule.role : rule.role;
  if (isOthers && role !== "viewer" && me.actingRole !== "admin") return whyText.notYours;
  if (ROLES.indexOf(me.actingRole) < ROLES.indexOf(role)) return whyText.role(role);
  if (action === "lock" && machine.isLocked || action === "unlock" && !machine.isLocked) {
    return whyText.already;
  }
  if (machine.isLocked && !rule.ignoresLock) return whyText.locked;
  if (!allowedActions(machine.status).includes(action)) {
    const statuses = Object.keys(rule.to);
    return statuses.length > 0 ? whyText.status(orList(statuses)) : whyText.never;
  }
  if (rule.wantsUnowned && (isOwned(machine) || machine.owner !== null)) return whyText.owned;
  if (machine.operation && rule.operation && !rule.endsOperation) return whyText.busy;
  if (action.startsWith("power_") && machine.bmc === null) return whyText.noBmc;
  return whyText.never;
}

const STATUSES_MAX = 4;

function orList(statuses: readonly string[]): string {
  const shown = statuses.slice(0, STATUSES_MAX);
  return shown.join(", ") + (statuses.length > STATUSES_MAX ? "…" : "");
}
