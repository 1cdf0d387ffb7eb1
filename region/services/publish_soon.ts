import type { RegionContext } from "@/region/context.ts";
import { publishSiteState } from "@/region/services/sites/publish_state.ts";

/**
 * Brings a site's published document up to date after a commit.
 *
 * What was asked for is already durable, so a failure here must not fail the request: it is logged,
 * and the next tick publishes.
 */
export async function publishSoon(ctx: RegionContext, siteId: string): Promise<void> {
  if (ctx.holdsPublishing) return;
  try {
    await publishSiteState(ctx, siteId);
  } catch (error) {
    ctx.log("site_state.publish_failed", {
      siteId,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}
