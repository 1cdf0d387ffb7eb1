import type { RegionContext } from "@/region/context.ts";
import { placeEvents } from "@/region/db/queries/event_feed.ts";
import {
  EVENT_ORDER,
  type EventFilter,
  listEvents as listRows,
} from "@/region/db/queries/events.ts";
import { type PageRequest, readPage, sortNames } from "@/region/services/read_page.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope, poolsInScope } from "../machines/machine_scope.ts";
import { viewEvents } from "./event_view.ts";

export const EVENT_SORTS = sortNames(EVENT_ORDER);

/** What events can be chosen by. */
export type EventQuery = Omit<EventFilter, "machineId" | "afterId" | "poolIds"> & {
  readonly machine?: string;
  /** The number of the last one seen. */
  readonly after?: number;
};

/** Oldest first, unless asked otherwise. Throws `not_found` for a machine that does not exist. */
export async function listEvents(
  ctx: RegionContext,
  caller: Caller,
  { machine, after, siteId, operationId, level, code, ...request }: PageRequest & EventQuery,
) {
  requireRole(caller, "viewer");
  const machineId = machine === undefined
    ? undefined
    : (await findMachineInScope(ctx.db, caller, machine)).id;
  const poolIds = poolsInScope(caller);
  const filter = { machineId, poolIds, afterId: after, siteId, operationId, level, code };
  await placeEvents(ctx.db);
  const page = await readPage(EVENT_ORDER, request, (slice) => listRows(ctx.db, filter, slice));
  return { rows: await viewEvents(ctx, page.rows), nextCursor: page.nextCursor };
}
