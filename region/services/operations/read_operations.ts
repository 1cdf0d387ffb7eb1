import type { RegionContext } from "@/region/context.ts";
import { findMachineById, listSystemIds } from "@/region/db/queries/machines.ts";
import { listFactsOfOperations } from "@/region/db/queries/operation_facts.ts";
import {
  findOperation,
  listOperations as listRows,
  OPERATION_ORDER,
  type OperationFilter,
} from "@/region/db/queries/operations.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Page, type PageRequest, readPage, sortNames } from "@/region/services/read_page.ts";
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

export const OPERATION_SORTS = sortNames(OPERATION_ORDER);

/** Newest first, unless asked otherwise. Throws `not_found` for a machine that does not exist. */
export async function listOperations(
  ctx: RegionContext,
  caller: Caller,
  query: PageRequest & Omit<OperationFilter, "machineId" | "poolIds"> & { machine?: string },
): Promise<Page<OperationView>> {
  requireRole(caller, "viewer");
  const { machine, siteId, kind, state, ...request } = query;
  const machineId = machine === undefined
    ? undefined
    : (await findMachineInScope(ctx.db, caller, machine)).id;
  const filter = { machineId, siteId, kind, state, poolIds: poolsInScope(caller) };
  const page = await readPage(OPERATION_ORDER, request, (slice) => listRows(ctx.db, filter, slice));
  const systemIds = await listSystemIds(ctx.db, page.rows.map((row) => row.machineId));
  // A machine deleted between the two reads took its operations with it.
  const rows = page.rows.flatMap((row) => {
    const systemId = systemIds.get(row.machineId);
    return systemId === undefined ? [] : [viewOperation(row, systemId)];
  });
  return { rows, nextCursor: page.nextCursor };
}
