import { and, asc, gt, inArray, lt } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type EventRow, events, type NewEvent } from "../schema/events.ts";
import { conditionsOf, type FeedFilter } from "./event_feed.ts";
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

/** Events in the feed, as far as it has got, that fit and are behind `afterId`. */
export async function listEvents(
  db: Db,
  { afterId = 0, ...filter }: FeedFilter & { readonly afterId?: number },
  { where, orderBy, limit }: Slice,
): Promise<EventRow[]> {
  const placed = gt(events.id, Math.max(afterId, 0));
  return await db.select().from(events).where(and(where, placed, ...conditionsOf(db, filter)))
    .orderBy(...orderBy).limit(limit);
}

/** Removes the oldest of those from before this moment, at most `limit`. */
export async function deleteEventsBefore(db: Db, time: Date, limit: number): Promise<void> {
  const old = db.select({ id: events.id }).from(events).where(lt(events.at, time))
    .orderBy(asc(events.at), asc(events.id)).limit(limit);
  await db.delete(events).where(inArray(events.id, old));
}
