import type { RegionContext } from "@/region/context.ts";
import {
  type EventLevel,
  type FeedFilter,
  findFeedEnd,
  listFeed,
  placeEvents,
} from "@/region/db/queries/event_feed.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope, poolsInScope } from "../machines/machine_scope.ts";
import { type EventView, viewEvents } from "./event_view.ts";

/** Published when events may have been written; whoever wakes looks for itself. */
export const EVENTS_TOPIC = "events";

/** Other processes write too, and nobody wakes us for theirs. */
const LOOK_EVERY_MS = 2000;
const EVENTS_AT_ONCE_MAX = 200;

export interface FollowRequest {
  /** The place of the last event seen; absent: begin with what comes next. */
  readonly after?: number;
  readonly machine?: string;
  readonly siteId?: string;
  readonly level?: EventLevel;
  readonly code?: string;
}

/** What a follower is told. `beat`: nothing happened, and the line still stands. */
export type FeedPart =
  | { readonly kind: "start"; readonly at: number }
  | { readonly kind: "event"; readonly event: EventView }
  | { readonly kind: "beat"; readonly at: number };

const LEVELS: readonly EventLevel[] = ["info", "warning", "error"];

/** This level and the graver ones. */
export function levelsFrom(level: EventLevel): EventLevel[] {
  return LEVELS.slice(LEVELS.indexOf(level));
}

/**
 * Begins to follow the feed: every event behind `after` that the caller may see and that fits, once
 * and in order, until `forMs` have passed or `signal` fires; a beat at least every `beatMs`.
 *
 * Resuming with the last number seen loses and repeats nothing. Throws at once what is wrong with
 * the request; a beat's `at` is how far the feed was read, so that a quiet filter resumes near the end.
 */
export async function followEvents(
  ctx: RegionContext,
  caller: Caller,
  request: FollowRequest,
  limits: { readonly forMs: number; readonly beatMs: number; readonly signal: AbortSignal },
): Promise<AsyncGenerator<FeedPart>> {
  requireRole(caller, "viewer");
  const filter: FeedFilter = {
    machineId: request.machine === undefined
      ? undefined
      : (await findMachineInScope(ctx.db, caller, request.machine)).id,
    siteId: request.siteId,
    poolIds: poolsInScope(caller),
    levels: request.level && levelsFrom(request.level),
    codes: request.code === undefined ? undefined : [request.code],
  };
  await placeEvents(ctx.db);
  const start = request.after ?? await findFeedEnd(ctx.db);
  return follow(ctx, filter, { ...limits, start });
}

async function* follow(
  ctx: RegionContext,
  filter: FeedFilter,
  limits: { start: number; forMs: number; beatMs: number; signal: AbortSignal },
): AsyncGenerator<FeedPart> {
  const { beatMs, signal } = limits;
  let at = limits.start;
  yield { kind: "start", at };
  const endMs = ctx.now().getTime() + limits.forMs;
  let toldMs = ctx.now().getTime();
  while (!signal.aborted) {
    // Waiting begins before reading: an event that is written in between wakes it.
    const done = new AbortController();
    const woken = ctx.hub.wait(EVENTS_TOPIC, LOOK_EVERY_MS, AbortSignal.any([signal, done.signal]));
    const { rows, end } = await readOn(ctx, filter, at);
    for (const event of await viewEvents(ctx, rows)) yield { kind: "event", event };
    at = end;
    const nowMs = ctx.now().getTime();
    if (rows.length > 0) toldMs = nowMs;
    if (nowMs >= endMs || ctx.hub.isClosed()) return done.abort();
    if (nowMs - toldMs >= beatMs) {
      yield { kind: "beat", at };
      toldMs = nowMs;
    }
    if (rows.length === EVENTS_AT_ONCE_MAX) done.abort(); // there is more
    await woken;
  }
}

/** The next events that fit, and up to where the feed has been looked through. */
async function readOn(ctx: RegionContext, filter: FeedFilter, after: number) {
  await placeEvents(ctx.db);
  // Read before the events, so that it never runs ahead of them.
  const upTo = await findFeedEnd(ctx.db);
  const rows = upTo <= after
    ? []
    : await listFeed(ctx.db, filter, { after, upTo, limit: EVENTS_AT_ONCE_MAX });
  const isFull = rows.length === EVENTS_AT_ONCE_MAX;
  const end = isFull ? rows.at(-1)?.id ?? after : Math.max(after, upTo);
  return { rows, end };
}
