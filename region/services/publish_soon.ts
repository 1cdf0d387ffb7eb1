import type { RegionContext } from "@/region/context.ts";
import { publishSiteState } from "@/region/services/sites/publish_state.ts";

/** A site's publication under way, and the one that whoever comes meanwhile waits for together. */
interface Publishing {
  readonly now: Promise<void>;
  next?: Promise<void>;
}

/** By database: in a Worker each request has its own, and may not wait for what another one does. */
const underWay = new WeakMap<RegionContext["db"], Map<string, Publishing>>();

/**
 * Brings a site's published document up to date after a commit.
 *
 * What was asked for is already durable, so a failure here must not fail the request: it is logged,
 * and the next tick publishes. Of many changes at once, those that come while one is published
 * share the next document.
 */
export function publishSoon(ctx: RegionContext, siteId: string): Promise<void> {
  if (ctx.holdsPublishing) return Promise.resolve();
  const sites = underWay.get(ctx.db) ?? new Map<string, Publishing>();
  underWay.set(ctx.db, sites);
  const current = sites.get(siteId);
  if (!current) return begin(ctx, sites, siteId);
  // Not `now`: that document may have been read before this caller's commit.
  current.next ??= current.now.then(() => begin(ctx, sites, siteId));
  return current.next;
}

function begin(
  ctx: RegionContext,
  sites: Map<string, Publishing>,
  siteId: string,
): Promise<void> {
  const publishing: Publishing = {
    now: publishOnce(ctx, siteId).finally(() => {
      if (sites.get(siteId) === publishing && !publishing.next) sites.delete(siteId);
    }),
  };
  sites.set(siteId, publishing);
  return publishing.now;
}

async function publishOnce(ctx: RegionContext, siteId: string): Promise<void> {
  try {
    await publishSiteState(ctx, siteId);
  } catch (error) {
    ctx.log("site_state.publish_failed", {
      siteId,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}
