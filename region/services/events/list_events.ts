import type { RegionContext } from "@/region/context.ts";
import { type EventLevel, type FeedFilter, placeEvents } from "@/region/db/queries/event_feed.ts";
import { EVENT_ORDER, listEvents as listRows } from "@/region/db/queries/events.ts";
import { type PageRequest, readPage, sortNames } from "@/region/services/read_page.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope, poolsInScope } from "../machines/machine_scope.ts";
import { viewEvents } from "./event_view.ts";
import { levelsFrom } from "./follow_events.ts";

export const EVENT_SORTS = sortNames(EVENT_ORDER);

/** What events can be chosen by. */
export interface EventQuery extends Pick<FeedFilter, "siteId" | "operationId" | "since" | "until"> {
  readonly machine?: string;
  /** The number of the last one seen. */
  readonly after?: number;
  /** This level and the graver ones. */
  readonly level?: EventLevel;
  /** A code, or the start of one and `*`. */
  readonly code?: string;
}

/** Oldest first, unless asked otherwise. Throws `not_found` for a machine that does not exist. */
export async function listEvents(
  ctx: RegionContext,
  caller: Caller,
  query: PageRequest & EventQuery,
) {
  requireRole(caller, "viewer");
  const { machine, after, level, code, siteId, operationId, since, until, ...request } = query;
  const machineId = machine === undefined
    ? undefined
    : (await findMachineInScope(ctx.db, caller, machine)).id;
  const filter = {
    ...{ machineId, siteId, operationId, since, until, afterId: after },
    poolIds: poolsInScope(caller),
    levels: level && levelsFrom(level),
    codes: code === undefined ? undefined : [code],
  };
  await placeEvents(ctx.db);
  const page = await readPage(EVENT_ORDER, request, (slice) => listRows(ctx.db, filter, slice));
  return { rows: await viewEvents(ctx, page.rows), nextCursor: page.nextCursor };
}
