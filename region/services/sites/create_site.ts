import type { RegionContext } from "@/region/context.ts";
import { findSite, insertSite, type SiteRow } from "@/region/db/queries/sites.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { readSettings } from "@/region/services/settings/read_settings.ts";
import { makeSealedSiteKey } from "@/region/tokens/site_key.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { addFabric } from "../networks/manage_fabrics.ts";

/** Makes a site with a key and a fabric of its own. Throws `conflict` when the name is taken. */
export async function createSite(
  ctx: RegionContext,
  caller: Caller,
  input: { name: string; enlist?: boolean },
): Promise<SiteRow> {
  requireRole(caller, "admin");
  const sealedSiteKey = await makeSealedSiteKey(ctx.secrets.sealKey, ctx.randomBytes);
  const site = await refuseViolations(
    { sites_name: nameTaken(input.name) },
    () =>
      ctx.db.transaction(async (tx) => {
        const createdAt = ctx.now();
        const made = await insertSite(tx, {
          id: `s-${idFromBytes(ctx.randomBytes(6))}`,
          name: input.name,
          enlist: input.enlist ?? (await readSettings(tx)).enlistsByDefault,
          sealedSiteKey,
          createdAt,
        });
        const { id, name, enlist } = made;
        await addFabric(tx, { siteId: id, name: "default", isDefault: true, createdAt });
        const after = { name, enlist };
        await recordChange(ctx, tx, caller, { action: "site.create", id, name, after });
        return made;
      }),
  );
  await publishSoon(ctx, site.id);
  return await findSite(ctx.db, site.id) ?? site; // with the generation just published
}

export function nameTaken(name: string) {
  return { code: "site.name_taken", message: `another site is named ${name}`, field: "name" };
}
