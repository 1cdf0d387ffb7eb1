import { and, eq, gt, inArray, isNull, or, type SQL } from "drizzle-orm";
import type { Db } from "../client.ts";
import { machinesInPools } from "./machines.ts";
import { type EventRow, events, type NewEvent } from "../schema/events.ts";
import type { ListOrder, Slice } from "./keyset.ts";

export async function insertEvent(db: Db, event: NewEvent): Promise<void> {
  await db.insert(events).values(event);
}

/** Only by number: that is the order in which they were written, and the one that followers keep. */
export const EVENT_ORDER: ListOrder = {
  columns: { id: events.id },
  unique: ["id"],
  initial: [{ key: "id", isDescending: false }],
};

export interface EventFilter {
  readonly machineId?: number;
  /** Only events of machines in these pools, and of no machine. */
  readonly poolIds?: readonly number[];
  readonly siteId?: string;
  readonly operationId?: string;
  readonly level?: EventRow["level"];
  readonly code?: string;
  /** Only events with a greater number. */
  readonly afterId?: number;
}

export async function listEvents(
  db: Db,
  filter: EventFilter,
  { where, orderBy, limit }: Slice,
): Promise<EventRow[]> {
  const conditions: (SQL | undefined)[] = [where];
  if (filter.machineId !== undefined) conditions.push(eq(events.machineId, filter.machineId));
  if (filter.poolIds !== undefined) {
    const inPools = inArray(events.machineId, machinesInPools(db, filter.poolIds));
    conditions.push(or(isNull(events.machineId), inPools) ?? inPools);
  }
  // Numbers below zero are not in the feed yet; see event_feed.ts.
  conditions.push(gt(events.id, Math.max(filter.afterId ?? 0, 0)));
  if (filter.siteId !== undefined) conditions.push(eq(events.siteId, filter.siteId));
  if (filter.operationId !== undefined) {
    conditions.push(eq(events.operationId, filter.operationId));
  }
  if (filter.level !== undefined) conditions.push(eq(events.level, filter.level));
  if (filter.code !== undefined) conditions.push(eq(events.code, filter.code));
  return await db.select().from(events).where(and(...conditions)).orderBy(...orderBy).limit(limit);
}
