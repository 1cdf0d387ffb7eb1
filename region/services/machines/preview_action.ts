import type { RegionContext } from "@/region/context.ts";
import { findRunningOperation, type OperationRow } from "@/region/db/queries/operations.ts";
import { rehearse } from "@/region/services/rehearse.ts";
import { ruleOf, weakestRoleFor } from "@/shared/machine/lifecycle.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { type ActionInput, actOnMachine } from "./act_on_machine.ts";
import { findMachineInScope } from "./machine_scope.ts";

/** What an action would lead to, for people; without secrets. Throws what the action would. */
export async function previewMachineAction(
  ctx: RegionContext,
  caller: Caller,
  input: ActionInput,
) {
  requireRole(caller, weakestRoleFor(input.action));
  const { id } = await findMachineInScope(ctx.db, caller, input.systemId);
  const running = await findRunningOperation(ctx.db, id);
  const { value } = await rehearse(ctx, (ctx) => actOnMachine(ctx, caller, input));
  return {
    status: value.machine.status,
    endsOperation: ruleOf(input.action).endsOperation === true ? running?.id ?? null : null,
    work: value.operation ? viewWork(value.operation) : null,
  };
}

function viewWork({ kind, plan, imageId, erase, scripts, installScript, ...rest }: OperationRow) {
  return {
    kind,
    imageId,
    erase,
    scripts: (scripts ?? []).map(({ name }) => name),
    phases: (plan?.phases ?? []).map(({ name }) => name),
    deadlineSeconds: plan?.deadlineSeconds ?? null,
    installScript,
    sshKeys: rest.sshKeys?.length ?? 0,
    hasUserData: rest.sealedUserData !== null,
  };
}
