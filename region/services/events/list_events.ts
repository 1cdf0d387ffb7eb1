import type { RegionContext } from "@/region/context.ts";
import { placeEvents } from "@/region/db/queries/event_feed.ts";
import { listEvents as listRows } from "@/region/db/queries/events.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope, poolsInScope } from "../machines/machine_scope.ts";
import { viewEvents } from "./event_view.ts";

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
  await placeEvents(ctx.db);
  const rows = await listRows(ctx.db, filter, query.limit);
  return await viewEvents(ctx, rows);
}
