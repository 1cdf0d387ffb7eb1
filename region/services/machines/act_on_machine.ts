import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import { deleteAutoAddresses } from "@/region/db/queries/machine_network.ts";
import { lockMachine, type MachineRow, moveMachine } from "@/region/db/queries/machines.ts";
import {
  endOperation,
  findRunningOperation,
  type OperationRow,
} from "@/region/db/queries/operations.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { type ActionDecision, decideAction } from "@/region/domain/machine_action.ts";
import { changeByAction, isFree } from "@/region/domain/machine_change.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import {
  type MachineAction,
  standingAfterOperation,
  weakestRoleFor,
} from "@/shared/machine/lifecycle.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { claimAddresses } from "../interfaces/claim_addresses.ts";
import { powerReach } from "./bmc_access.ts";
import { findMachineInScope } from "./machine_scope.ts";
import { prepareOperation, type Work, type WorkInput } from "./prepare_operation.ts";
import { startOperation } from "./start_operation.ts";

/** What is asked of a machine; fields that an action has no use for are ignored. */
export interface ActionInput extends WorkInput {
  readonly systemId: string;
  readonly action: MachineAction;
  /** What the person has to say about it. */
  readonly comment?: string;
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
  requireRole(caller, weakestRoleFor(input.action));
  const result = await retryOnChange(`machine ${input.systemId}`, async () => {
    const machine = await findMachineInScope(ctx.db, caller, input.systemId);
    return await attempt(ctx, caller, { machine, input });
  });
  await publishSoon(ctx, result.machine.siteId);
  return result;
}

/** What the action would lead to, by the same rules and without doing it. Throws what it would. */
export async function previewAction(
  ctx: RegionContext,
  caller: Caller,
  { machine, input }: { machine: MachineRow; input: ActionInput },
): Promise<{ decision: ActionDecision; work: Work | undefined }> {
  requireRole(caller, weakestRoleFor(input.action));
  const running = await findRunningOperation(ctx.db, machine.id);
  const decision = decideAction(
    { ...machine, ...powerReach(machine.bmc), running },
    caller,
    input,
  );
  const { operation: kind, to } = decision;
  const work = kind && await prepareOperation(ctx, caller, { machine, kind, to, input });
  return { decision, work };
}

interface Attempt {
  readonly machine: MachineRow;
  readonly input: ActionInput;
}

async function attempt(
  ctx: RegionContext,
  caller: Caller,
  { machine, input }: Attempt,
): Promise<ActionResult> {
  const { decision, work: planned } = await previewAction(ctx, caller, { machine, input });
  const { operation: kind, endsOperation } = decision;
  const isDoneAtOnce = kind !== undefined && !planned?.plan;
  const to = isDoneAtOnce ? standingAfterOperation(decision.to, kind, "done") : decision.to;
  return await ctx.db.transaction(async (tx) => {
    const now = ctx.now();
    const work = kind === "deploy"
      ? await withAddresses(ctx, tx, caller, { machine, input, to: decision.to, planned })
      : planned;
    const change = changeByAction(machine, {
      ...input,
      to,
      operation: kind,
      imageId: work?.imageId ?? null,
      sshKeys: work?.sshKeys ?? [],
      userId: caller.userId,
      now,
    });
    const moved = await moveMachine(tx, machine, change);
    if (!moved) throw new ChangedMeanwhile();
    if (endsOperation) await endRunning(tx, machine, now);
    if (isFree(to)) await deleteAutoAddresses(tx, machine.id);
    // What ends other work leaves nothing to record where there is nothing to do at the site.
    const operation = kind && work && !(endsOperation && isDoneAtOnce)
      ? await startOperation(ctx, tx, {
        machine,
        kind,
        work,
        userId: caller.userId,
        comment: input.comment,
      })
      : undefined;
    await recordAction(ctx, tx, caller, { input, before: machine, after: moved, operation });
    await bumpGeneration(tx, machine.siteId);
    return { machine: moved, operation };
  });
}

/** The work of a deploy once its `auto` addresses are taken, in the transaction that begins it. */
async function withAddresses(
  ctx: RegionContext,
  tx: Db,
  caller: Caller,
  { machine, input, to, planned }: Attempt & {
    to: ActionDecision["to"];
    planned: Work | undefined;
  },
): Promise<Work | undefined> {
  if (!await lockMachine(tx, machine)) throw new ChangedMeanwhile();
  const isTaken = await claimAddresses(ctx, tx, machine);
  if (!isTaken) return planned;
  return await prepareOperation({ ...ctx, db: tx }, caller, { machine, kind: "deploy", to, input });
}

async function endRunning(tx: Db, machine: MachineRow, now: Date): Promise<void> {
  const running = await findRunningOperation(tx, machine.id);
  if (running) await endOperation(tx, running.id, { state: "aborted", endedAt: now });
}

interface Done {
  readonly input: ActionInput;
  readonly before: MachineRow;
  readonly after: MachineRow;
  readonly operation: OperationRow | undefined;
}

/** The line in the machine's timeline, and the one in the audit. */
async function recordAction(
  ctx: RegionContext,
  tx: Db,
  caller: Caller,
  { input: { action, comment }, before, after, operation }: Done,
): Promise<void> {
  const { id, siteId, systemId, hostname } = after;
  const said = comment === undefined ? "" : `: ${comment}`;
  await insertEvent(tx, {
    at: ctx.now(),
    siteId,
    machineId: id,
    operationId: operation?.id,
    level: "info",
    code: "machine.asked",
    message: `${caller.username} asked to ${action.replaceAll("_", " ")} ${hostname}${said}`,
  });
  await recordChange(ctx, tx, caller, {
    action: `machine.${action}`,
    id: systemId,
    name: hostname,
    before: auditView(before),
    after: { ...auditView(after), operation: operation?.id ?? null, comment: comment ?? null },
    operationId: operation?.id,
  });
}

function auditView({ status, ownerUserId, isLocked, imageId }: MachineRow) {
  return { status, ownerUserId, isLocked, imageId };
}
