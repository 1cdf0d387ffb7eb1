import type { RegionContext } from "@/region/context.ts";
import { deleteEventsBefore } from "@/region/db/queries/events.ts";
import { deleteFactsBefore } from "@/region/db/queries/facts.ts";
import { deleteDeliveriesBefore } from "@/region/db/queries/webhooks.ts";
import { cutChain } from "@/region/services/audit/cut_chain.ts";
import type { Settings } from "@/region/services/settings/read_settings.ts";

/** What is left comes with the next tick; so that no tick holds locks for long. */
const ROWS_PER_TICK_MAX = 5000;
const DAY_MS = 24 * 3_600_000;

/** Removes what is older than the settings say that it is kept. */
export async function forgetHistory(ctx: RegionContext, settings: Settings): Promise<void> {
  const { eventDaysKept, factDaysKept, auditDaysKept } = settings;
  const before = (days: number) => new Date(ctx.now().getTime() - days * DAY_MS);
  await deleteDeliveriesBefore(ctx.db, before(settings.deliveryDaysKept));
  if (eventDaysKept !== null) {
    await deleteEventsBefore(ctx.db, before(eventDaysKept), ROWS_PER_TICK_MAX);
  }
  if (factDaysKept !== null) {
    await deleteFactsBefore(ctx.db, before(factDaysKept), ROWS_PER_TICK_MAX);
  }
  if (auditDaysKept !== null) await cutChain(ctx, before(auditDaysKept));
}
