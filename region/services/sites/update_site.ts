import type { RegionContext } from "@/region/context.ts";
import { findSite, type SiteRow, updateSite as updateSiteRow } from "@/region/db/queries/sites.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { nameTaken } from "./create_site.ts";

/** Renames a site, or changes what it takes in and what its agents fetch ahead. */
export async function updateSite(
  ctx: RegionContext,
  caller: Caller,
  input: {
    siteId: string;
    name?: string;
    enlist?: boolean;
    /** `os/release` of the images; null: all. */
    prefetch?: string[] | null;
    ifVersion?: number;
  },
): Promise<SiteRow> {
  requireRole(caller, "admin");
  const { siteId, ifVersion, ...change } = input;
  const site = await refuseViolations(
    { sites_name: nameTaken(input.name ?? "") },
    () =>
      retryOnChange(`site ${siteId}`, () =>
        ctx.db.transaction(async (tx) => {
          const read = mustFind(await findSite(tx, siteId), "site", siteId);
          expectVersion(read, ifVersion);
          const row = await updateSiteRow(tx, read, change);
          if (!row) throw new ChangedMeanwhile();
          const [before, after] = [viewOf(read), viewOf(row)];
          await recordChange(ctx, tx, caller, {
            action: "site.update",
            id: siteId,
            name: row.name,
            before,
            after,
          });
          return row;
        })),
  );
  await publishSoon(ctx, site.id);
  return site;
}

function viewOf({ name, enlist, prefetch }: SiteRow) {
  return { name, enlist, prefetch };
}
