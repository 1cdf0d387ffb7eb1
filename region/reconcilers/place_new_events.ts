import type { RegionContext } from "@/region/context.ts";
import { placeEvents } from "@/region/db/queries/event_feed.ts";
import { EVENTS_TOPIC } from "@/region/services/events/follow_events.ts";

/** Puts events into the feed that nobody was reading when they were written. */
export async function placeNewEvents(ctx: RegionContext): Promise<void> {
  if (await placeEvents(ctx.db) > 0) ctx.hub.publish(EVENTS_TOPIC);
}
