import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import { type MachineChange, type MachineRow, moveMachine } from "@/region/db/queries/machines.ts";
import {
  endOperation,
  findRunningOperation,
  type OperationRow,
} from "@/region/db/queries/operations.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import {
  ACTIONS,
  type MachineAction,
  type MachineStatus,
  operationOf,
  statusAfterAction,
  statusAfterOperation,
} from "@/shared/machine/lifecycle.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findEarlier, hashRequest, type RepeatableRequest } from "./earlier_request.ts";
import { findMachineInScope } from "./machine_scope.ts";
import { type DeployInput, prepareOperation, type Work } from "./prepare_operation.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { startOperation } from "./start_operation.ts";

export interface ActionInput {
  readonly systemId: string;
  readonly action: MachineAction;
  /** Only with `deploy`. */
  readonly deploy?: DeployInput;
  /** A repeat with the same key answers with what the first one started. */
  readonly idempotencyKey?: string;
}

/** What an action led to; `operation` is absent when it was done as soon as it was recorded. */
export interface ActionResult {
  readonly machine: MachineRow;
  readonly operation?: OperationRow;
}

/**
 * Does what a person asked of a machine: moves its status and starts the site's work.
 *
 * Throws `forbidden`, `not_found`, or `conflict` when the lifecycle refuses, another operation is
 * under way, or something that the work needs is missing.
 */
export async function actOnMachine(
  ctx: RegionContext,
  caller: Caller,
  input: ActionInput,
): Promise<ActionResult> {
  requireRole(caller, ACTIONS[input.action].role);
  const request = await repeatableRequest(caller, input);
  const result = await retryOnChange(`machine ${input.systemId}`, async () => {
    const machine = await findMachineInScope(ctx.db, caller, input.systemId);
    const earlier = request && await findEarlier(ctx, request);
    return earlier ? { machine, operation: earlier } : await attempt(ctx, caller, {
      machine,
      input,
      request,
    });
  });
  await publishSoon(ctx, result.machine.siteId);
  return result;
}

async function repeatableRequest(
  caller: Caller,
  input: ActionInput,
): Promise<RepeatableRequest | undefined> {
  const { idempotencyKey: key, systemId, action, deploy } = input;
  if (key === undefined) return undefined;
  return {
    userId: caller.userId,
    key,
    hash: await hashRequest([systemId, action, deploy ?? null]),
  };
}

interface Attempt {
  readonly machine: MachineRow;
  readonly input: ActionInput;
  readonly request: RepeatableRequest | undefined;
}

async function attempt(
  ctx: RegionContext,
  caller: Caller,
  { machine, input, request }: Attempt,
): Promise<ActionResult> {
  const { action } = input;
  const next = statusAfterAction(machine.status, action);
  const kind = operationOf(action);
  if (action.startsWith("power_") && !machine.bmc) throw noBmc(machine);
  const work = kind && await prepareOperation(ctx, caller, { machine, kind, deploy: input.deploy });
  const isDoneAtOnce = work !== undefined && !work.plan;
  const status = kind && isDoneAtOnce ? statusAfterOperation(next, kind, "done") : next;
  return await ctx.db.transaction(async (tx) => {
    const now = ctx.now();
    const change = changeOf(machine, { action, status, work, isDoneAtOnce, caller, now });
    const moved = await moveMachine(tx, machine, change);
    if (!moved) throw new ChangedMeanwhile();
    if (action === "abort") await endRunning(tx, machine, now);
    // An abort without a BMC ends the work, and there is nothing else to do.
    const isRecorded = kind && work && !(action === "abort" && isDoneAtOnce);
    const operation = isRecorded
      ? await startOperation(ctx, tx, { machine, kind, work, request, userId: caller.userId })
      : undefined;
    await insertEvent(tx, {
      at: now,
      siteId: machine.siteId,
      machineId: machine.id,
      operationId: operation?.id,
      level: "info",
      code: "machine.asked",
      message: `${caller.username} asked to ${action.replaceAll("_", " ")} ${machine.hostname}`,
    });
    await bumpGeneration(tx, machine.siteId);
    return { machine: moved, operation };
  });
}

interface Decision {
  readonly action: MachineAction;
  readonly status: MachineStatus;
  readonly work: Work | undefined;
  readonly isDoneAtOnce: boolean;
  readonly caller: Caller;
  readonly now: Date;
}

/** What the action changes at the machine itself. */
function changeOf(machine: MachineRow, decision: Decision): MachineChange {
  const { action, status, work, isDoneAtOnce, caller, now } = decision;
  const moved = status === machine.status ? {} : { status, statusChangedAt: now };
  const owner = { ownerUserId: machine.ownerUserId ?? caller.userId };
  switch (action) {
    case "allocate":
      return { ...moved, ...owner };
    case "deploy":
      return { ...moved, ...owner, imageId: work?.imageId ?? null, failure: null };
    case "release":
      return isDoneAtOnce
        ? { ...moved, ownerUserId: null, agentName: "", imageId: null, failure: null }
        : { ...moved, failure: null };
    case "commission":
    case "mark_fixed":
      return { ...moved, failure: null };
    case "abort":
    case "mark_broken":
    case "power_on":
    case "power_off":
    case "power_cycle":
    case "power_query":
      return moved;
  }
}

async function endRunning(tx: Db, machine: MachineRow, now: Date): Promise<void> {
  const running = await findRunningOperation(tx, machine.id);
  if (running) await endOperation(tx, running.id, { state: "aborted", endedAt: now });
}

function noBmc(machine: MachineRow): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "machine.no_bmc",
    message: `${machine.hostname} has no BMC; switch it by hand, or tell its BMC with PATCH`,
  });
}
