import type { RegionContext } from "@/region/context.ts";
import { deleteDeliveriesBefore } from "@/region/db/queries/webhooks.ts";

/** Longer than a delivery is tried. */
const MEMORY_MS = 7 * 24 * 3_600_000;

/** The log of deliveries reaches back a week. */
export async function forgetDeliveries(ctx: RegionContext): Promise<void> {
  await deleteDeliveriesBefore(ctx.db, new Date(ctx.now().getTime() - MEMORY_MS));
}
