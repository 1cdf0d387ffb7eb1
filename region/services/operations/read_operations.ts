import type { RegionContext } from "@/region/context.ts";
import { findMachineById, listSystemIds } from "@/region/db/queries/machines.ts";
import { listFactsOfOperations } from "@/region/db/queries/operation_facts.ts";
import {
  findOperation,
  listOperations as listRows,
  type OperationState,
} from "@/region/db/queries/operations.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope, isInScope, poolsInScope } from "../machines/machine_scope.ts";
import { type OperationView, viewOperation, viewProgress } from "./operation_view.ts";

export type OperationDetail = OperationView & ReturnType<typeof viewProgress>;

/** One operation with its phase, its spans and what it runs. Throws `not_found`. */
export async function getOperation(
  ctx: RegionContext,
  caller: Caller,
  id: string,
): Promise<OperationDetail> {
  requireRole(caller, "viewer");
  const row = mustFind(await findOperation(ctx.db, id), "operation", id);
  const found = await findMachineById(ctx.db, row.machineId);
  const machine = mustFind(found && isInScope(caller, found) ? found : undefined, "operation", id);
  const facts = await listFactsOfOperations(ctx.db, [id]);
  return {
    ...viewOperation(row, machine.systemId),
    ...viewProgress(row, facts, ctx.now().getTime()),
  };
}

/** Newest first. Throws `not_found` for a machine that does not exist. */
export async function listOperations(
  ctx: RegionContext,
  caller: Caller,
  query: { machine?: string; state?: OperationState; limit: number },
): Promise<OperationView[]> {
  requireRole(caller, "viewer");
  const machineId = query.machine === undefined
    ? undefined
    : (await findMachineInScope(ctx.db, caller, query.machine)).id;
  const filter = { machineId, state: query.state, poolIds: poolsInScope(caller) };
  const rows = await listRows(ctx.db, filter, query.limit);
  const systemIds = await listSystemIds(ctx.db, rows.map((row) => row.machineId));
  // A machine deleted between the two reads took its operations with it.
  return rows.flatMap((row) => {
    const systemId = systemIds.get(row.machineId);
    return systemId === undefined ? [] : [viewOperation(row, systemId)];
  });
}
