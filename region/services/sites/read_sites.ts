import type { RegionContext } from "@/region/context.ts";
import { findSite, listSites as listSiteRows, type SiteRow } from "@/region/db/queries/sites.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** Throws `not_found`. */
export async function getSite(
  ctx: RegionContext,
  caller: Caller,
  siteId: string,
): Promise<SiteRow> {
  requireRole(caller, "viewer");
  return mustFind(await findSite(ctx.db, siteId), "site", siteId);
}

/** By name. */
export async function listSites(
  ctx: RegionContext,
  caller: Caller,
  limit: number,
): Promise<SiteRow[]> {
  requireRole(caller, "viewer");
  return await listSiteRows(ctx.db, limit);
}
