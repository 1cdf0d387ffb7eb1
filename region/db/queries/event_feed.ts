import {
  and,
  asc,
  eq,
  gt,
  gte,
  inArray,
  isNull,
  like,
  lt,
  max,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import type { Db } from "../client.ts";
import { type EventLevel, type EventRow, events } from "../schema/events.ts";
import { machinesInPools } from "./machines.ts";

export type { EventLevel, EventRow } from "../schema/events.ts";

/** Any constant does, as long as nothing else locks by it. */
const LOCK_KEY = 5240_0050;
const PLACED_AT_ONCE_MAX = 1000;

/**
 * Gives every committed event that has none its place in the feed; returns how many.
 *
 * A sequence's numbers become visible out of order: whoever took 7 may commit after whoever took 8,
 * and a reader that has seen 8 would never ask for 7. So an event is written with a negative number,
 * and placed (numbered anew, above zero) after its commit, by one placer at a time: the lock is held
 * until the numbers are committed, and so they appear in their order. Everybody who reads the feed
 * places first, so that nothing has to wait for a timer.
 */
export async function placeEvents(db: Db): Promise<number> {
  let placed = 0;
  while (await hasUnplaced(db)) {
    const count = await placeSome(db);
    placed += count;
    if (count < PLACED_AT_ONCE_MAX) break;
  }
  return placed;
}

async function hasUnplaced(db: Db): Promise<boolean> {
  const found = await db.select({ id: events.id }).from(events).where(lt(events.id, 0)).limit(1);
  return found.length > 0;
}

async function placeSome(db: Db): Promise<number> {
  return await db.transaction(async (tx) => {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(${LOCK_KEY})`);
    // A statement of its own, so that it sees what the last holder of the lock has committed.
    const rows = await tx.update(events).set({ id: sql`places.place` }).from(sql`(
      SELECT id AS unplaced, nextval('events_id_seq') AS place FROM (
        SELECT id FROM events WHERE id < 0 ORDER BY id DESC LIMIT ${PLACED_AT_ONCE_MAX}
      ) AS due) AS places`)
      .where(sql`${events.id} = places.unplaced`)
      .returning({ id: events.id });
    return rows.length;
  });
}

/** Which events a follower wants. */
export interface FeedFilter {
  readonly machineId?: number;
  readonly siteId?: string;
  readonly operationId?: string;
  /** From this moment on. */
  readonly since?: Date;
  /** Before this moment. */
  readonly until?: Date;
  /** Only events of machines in these pools, and of no machine. */
  readonly poolIds?: readonly number[];
  /** Any of these. */
  readonly levels?: readonly EventLevel[];
  /** Any of these: a code, or the start of one with `*` behind it, such as `machine.*`. */
  readonly codes?: readonly string[];
}

/** Placed events behind `after` that fit, in the order of their places. */
export async function listFeed(
  db: Db,
  filter: FeedFilter,
  { after, upTo, limit }: { after: number; upTo?: number; limit: number },
): Promise<EventRow[]> {
  const placed = [gt(events.id, Math.max(after, 0))];
  if (upTo !== undefined) placed.push(lt(events.id, upTo + 1));
  return await db.select().from(events).where(and(...placed, ...conditionsOf(db, filter)))
    .orderBy(asc(events.id)).limit(limit);
}

/** The filter in SQL; it lets through events that have no place yet. */
export function conditionsOf(db: Db, filter: FeedFilter): (SQL | undefined)[] {
  const { machineId, siteId, operationId, since, until, levels, codes, poolIds } = filter;
  return [
    machineId === undefined ? undefined : eq(events.machineId, machineId),
    siteId === undefined ? undefined : eq(events.siteId, siteId),
    operationId === undefined ? undefined : eq(events.operationId, operationId),
    since && gte(events.at, since),
    until && lt(events.at, until),
    levels && inArray(events.level, [...levels]),
    codes?.length ? or(...codes.map(matchesCode)) : undefined,
    poolIds &&
    or(isNull(events.machineId), inArray(events.machineId, machinesInPools(db, poolIds))),
  ];
}

function matchesCode(code: string): SQL {
  if (!code.endsWith("*")) return eq(events.code, code);
  const start = code.slice(0, -1).replaceAll(/[\\%_]/g, "\\$&");
  return like(events.code, `${start}%`);
}

/** The place of the last event; 0 before the first. */
export async function findFeedEnd(db: Db): Promise<number> {
  const [row] = await db.select({ end: max(events.id) }).from(events).where(gt(events.id, 0));
  return row?.end ?? 0;
}
