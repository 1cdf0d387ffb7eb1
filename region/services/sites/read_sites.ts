import type { RegionContext } from "@/region/context.ts";
import {
  findSite,
  listSites as listSiteRows,
  SITE_ORDER,
  type SiteRow,
} from "@/region/db/queries/sites.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Page, type PageRequest, readPage, sortNames } from "@/region/services/read_page.ts";
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

export const SITE_SORTS = sortNames(SITE_ORDER);

/** By name, unless asked otherwise. */
export async function listSites(
  ctx: RegionContext,
  caller: Caller,
  request: PageRequest,
): Promise<Page<SiteRow>> {
  requireRole(caller, "viewer");
  return await readPage(SITE_ORDER, request, (slice) => listSiteRows(ctx.db, slice));
}
