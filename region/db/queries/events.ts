import { and, asc, eq, gt, type SQL } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type EventRow, events, type NewEvent } from "../schema/events.ts";

export async function insertEvent(db: Db, event: NewEvent): Promise<void> {
  await db.insert(events).values(event);
}

export interface EventFilter {
  readonly machineId?: number;
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
  if (filter.afterId !== undefined) conditions.push(gt(events.id, filter.afterId));
  return await db.select().from(events).where(and(...conditions)).orderBy(asc(events.id))
    .limit(limit);
}
