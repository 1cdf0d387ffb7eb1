import type { RegionContext } from "@/region/context.ts";
import { listEvents as listRows } from "@/region/db/queries/events.ts";
import { listSystemIds } from "@/region/db/queries/machines.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope, poolsInScope } from "../machines/machine_scope.ts";

/** Events oldest first, `after` the number of the last one seen. */
export async function listEvents(
  ctx: RegionContext,
  caller: Caller,
  query: { machine?: string; after?: number; limit: number },
) {
  requireRole(caller, "viewer");
  const machineId = query.machine === undefined
    ? undefined
    : (await findMachineInScope(ctx.db, caller, query.machine)).id;
  const filter = { machineId, afterId: query.after, poolIds: poolsInScope(caller) };
  const rows = await listRows(ctx.db, filter, query.limit);
  const systemIds = await listSystemIds(ctx.db, rows.flatMap((row) => row.machineId ?? []));
  return rows.map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    siteId: row.siteId,
    machine: systemIds.get(row.machineId ?? 0) ?? null,
    operationId: row.operationId,
    level: row.level,
    code: row.code,
    message: row.message,
  }));
}
