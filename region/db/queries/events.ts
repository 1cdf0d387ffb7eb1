import { and, asc, eq, gt, inArray, isNull, or, type SQL } from "drizzle-orm";
import type { Db } from "../client.ts";
import { machinesInPools } from "./machines.ts";
import { type EventRow, events, type NewEvent } from "../schema/events.ts";

export async function insertEvent(db: Db, event: NewEvent): Promise<void> {
  await db.insert(events).values(event);
}

export interface EventFilter {
  readonly machineId?: number;
  /** Only events of machines in these pools, and of no machine. */
  readonly poolIds?: readonly number[];
  /** Only events with a greater number. */
  readonly afterId?: number;
}

/** Oldest first. */
export async function listEvents(
  db: Db,
  filter: EventFilter,
  limit: number,
): Promise<EventRow[]> {
  const conditions: SQL[] = [];
  if (filter.machineId !== undefined) conditions.push(eq(events.machineId, filter.machineId));
  if (filter.poolIds !== undefined) {
    const inPools = inArray(events.machineId, machinesInPools(db, filter.poolIds));
    conditions.push(or(isNull(events.machineId), inPools) ?? inPools);
  }
  // Numbers below zero are not in the feed yet; see event_feed.ts.
  conditions.push(gt(events.id, Math.max(filter.afterId ?? 0, 0)));
  return await db.select().from(events).where(and(...conditions)).orderBy(asc(events.id))
    .limit(limit);
}
