import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  findRunningOperation,
  insertOperation,
  type OperationRow,
} from "@/region/db/queries/operations.ts";
import type { MachineRow } from "@/region/db/queries/machines.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { OperationKind } from "@/shared/machine/lifecycle.ts";
import type { Work } from "./prepare_operation.ts";
import { expectScriptResults } from "@/region/services/scripts/prepare_scripts.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";

export interface NewWork {
  readonly machine: MachineRow;
  readonly kind: OperationKind;
  readonly work: Work;
  readonly userId: number;
  readonly comment?: string;
}

/**
 * Records an operation in the caller's transaction; without a plan it is done at once.
 *
 * Throws `conflict` while another one is under way on the machine.
 */
export async function startOperation(
  ctx: RegionContext,
  tx: Db,
  { machine, kind, work, userId, comment }: NewWork,
): Promise<OperationRow> {
  const running = await findRunningOperation(tx, machine.id);
  if (running) throw alreadyRunning(`${running.kind} ${running.id}`);
  const now = ctx.now();
  const deadlineAt = work.plan && new Date(now.getTime() + work.plan.deadlineSeconds * 1000);
  const timing = work.plan
    ? {
      state: "running" as const,
      deadlineAt,
      phase: work.plan.phases[0]?.name,
      phaseStartedAt: now,
    }
    : { state: "done" as const, startedAt: now, endedAt: now };
  const operation = await refuseViolations(REFUSALS, () =>
    insertOperation(tx, {
      id: `o-${idFromBytes(ctx.randomBytes(12))}`,
      machineId: machine.id,
      siteId: machine.siteId,
      kind,
      ...work,
      ...timing,
      requestedBy: userId,
      comment,
      askedAt: now,
    }));
  await expectScriptResults(tx, operation);
  return operation;
}

/** Two requests that raced past the checks: the database lets one through. */
const REFUSALS = {
  operations_one_running: {
    code: "operation.already_running",
    message: "another operation began on this machine just now; wait for it or abort it",
  },
  operations_requested_by_fkey: {
    code: "caller.removed",
    message: "the user who asks was removed just now",
  },
};

function alreadyRunning(what: string): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "operation.already_running",
    message: `${what} is under way on this machine; wait for it or abort it`,
  });
}
