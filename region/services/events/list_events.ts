import type { RegionContext } from "@/region/context.ts";
import { listEvents as listRows } from "@/region/db/queries/events.ts";
import { findMachine, listSystemIds } from "@/region/db/queries/machines.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** Events oldest first, `after` the number of the last one seen. */
export async function listEvents(
  ctx: RegionContext,
  caller: Caller,
  query: { machine?: string; after?: number; limit: number },
) {
  requireRole(caller, "viewer");
  const machineId = query.machine === undefined
    ? undefined
    : mustFind(await findMachine(ctx.db, query.machine), "machine", query.machine).id;
  const rows = await listRows(ctx.db, { machineId, afterId: query.after }, query.limit);
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
