import type { RegionContext } from "@/region/context.ts";
import {
  type BmcScanRow,
  insertBmcScan,
  listRunningBmcScans,
} from "@/region/db/queries/bmc_scans.ts";
import { bumpGeneration, findSite } from "@/region/db/queries/sites.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { SCAN_PREFIX_BITS_MIN } from "@/shared/contract/bmc_scan.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { parseCidr } from "@/shared/net/cidr.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** Of one site at a time; the state document holds them all. */
const RUNNING_MAX = 8;

/** Asks a site to look through a network for BMCs. Throws `not_found`, `invalid_input` or `limited`. */
export async function startBmcScan(
  ctx: RegionContext,
  caller: Caller,
  input: { siteId: string; cidr: string },
): Promise<BmcScanRow> {
  requireRole(caller, "admin");
  const site = mustFind(await findSite(ctx.db, input.siteId), "site", input.siteId);
  const { prefixBits } = parseCidr(input.cidr);
  if (prefixBits < SCAN_PREFIX_BITS_MIN) throw tooLarge(input.cidr);
  const id = `b-${idFromBytes(ctx.randomBytes(8))}`;
  const scan = await ctx.db.transaction(async (tx) => {
    const running = await listRunningBmcScans(tx, site.id);
    if (running.length >= RUNNING_MAX) throw tooMany(site.name);
    const { cidr } = input;
    const made = await insertBmcScan(tx, { id, siteId: site.id, cidr, askedAt: ctx.now() });
    const after = { siteId: site.id, cidr };
    await recordChange(ctx, tx, caller, { action: "bmc_scan.start", id, name: cidr, after });
    await bumpGeneration(tx, site.id);
    return made;
  });
  await publishSoon(ctx, site.id);
  return scan;
}

function tooLarge(cidr: string): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "bmc_scan.network_too_large",
    field: "cidr",
    value: cidr,
    accepted: `a prefix of ${SCAN_PREFIX_BITS_MIN} to 32 bits`,
    message: `${cidr} has more addresses than are looked through at once; give it in parts of ` +
      `/${SCAN_PREFIX_BITS_MIN} or smaller`,
  });
}

function tooMany(siteName: string): DomainError {
  return new DomainError({
    kind: "limited",
    code: "bmc_scan.too_many",
    message: `${RUNNING_MAX} scans are under way at ${siteName}; wait for one of them`,
  });
}
