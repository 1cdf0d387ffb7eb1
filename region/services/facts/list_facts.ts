import type { RegionContext } from "@/region/context.ts";
import { FACT_ORDER, listFacts as listRows } from "@/region/db/queries/facts.ts";
import { type PageRequest, readPage, sortNames } from "@/region/services/read_page.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { poolsInScope } from "../machines/machine_scope.ts";

export const FACT_SORTS = sortNames(FACT_ORDER);

/** What facts can be chosen by. */
export interface FactQuery {
  readonly operation?: string;
  /** A machine's system id. */
  readonly machine?: string;
  readonly agentId?: string;
  readonly kind?: string;
}

/** What agents reported, as it came, unless asked otherwise. */
export async function listFacts(
  ctx: RegionContext,
  caller: Caller,
  { operation, machine, agentId, kind, ...request }: PageRequest & FactQuery,
) {
  requireRole(caller, "viewer");
  const poolIds = poolsInScope(caller);
  const filter = { operationId: operation, systemId: machine, agentId, kind, poolIds };
  const page = await readPage(FACT_ORDER, request, (slice) => listRows(ctx.db, filter, slice));
  const rows = page.rows.map((row) => ({
    ...row,
    at: row.at.toISOString(),
    receivedAt: row.receivedAt.toISOString(),
  }));
  return { rows, nextCursor: page.nextCursor };
}
