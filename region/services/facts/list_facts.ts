import type { RegionContext } from "@/region/context.ts";
import { listFacts as listRows } from "@/region/db/queries/facts.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { poolsInScope } from "../machines/machine_scope.ts";

/** The last facts about an operation or a machine, oldest first. */
export async function listFacts(
  ctx: RegionContext,
  caller: Caller,
  query: { operation?: string; machine?: string; limit: number },
) {
  requireRole(caller, "viewer");
  const filter = {
    operationId: query.operation,
    systemId: query.machine,
    poolIds: poolsInScope(caller),
  };
  const rows = await listRows(ctx.db, filter, query.limit);
  return rows.map((row) => ({
    ...row,
    at: row.at.toISOString(),
    receivedAt: row.receivedAt.toISOString(),
  }));
}
