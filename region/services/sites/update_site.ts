import type { RegionContext } from "@/region/context.ts";
import { type SiteRow, updateSite as updateSiteRow } from "@/region/db/queries/sites.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { nameTaken } from "./create_site.ts";

/** Renames a site, or switches the taking in of unknown machines. */
export async function updateSite(
  ctx: RegionContext,
  caller: Caller,
  input: { siteId: string; name?: string; enlist?: boolean },
): Promise<SiteRow> {
  requireRole(caller, "admin");
  const { siteId, ...change } = input;
  const row = await refuseViolations(
    { sites_name: nameTaken(input.name ?? "") },
    () => updateSiteRow(ctx.db, siteId, change),
  );
  const site = mustFind(row, "site", siteId);
  await publishSoon(ctx, site.id);
  return site;
}
