import type { RegionContext } from "@/region/context.ts";
import { listSitesBehind } from "@/region/db/queries/site_state.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";

/** What is left comes with the next tick. */
const SITES_PER_TICK_MAX = 100;

/** Publishes the state of sites whose document is behind: whoever changed them did not get to it. */
export async function publishBehindSites(ctx: RegionContext): Promise<void> {
  for (const siteId of await listSitesBehind(ctx.db, SITES_PER_TICK_MAX)) {
    await publishSoon(ctx, siteId);
  }
}
