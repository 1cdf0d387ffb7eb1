import type { RegionContext } from "@/region/context.ts";
import {
  type BmcScanRow,
  findBmcScan,
  listBmcHolders,
  listBmcScans,
} from "@/region/db/queries/bmc_scans.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** The newest scans of a site that are shown. */
const SHOWN_MAX = 50;

/** A scan as people see it: each BMC with the machine that has it, if one is known to. */
export type BmcScanView = Awaited<ReturnType<typeof getBmcScan>>;

export async function getBmcScan(ctx: RegionContext, caller: Caller, scanId: string) {
  requireRole(caller, "operator");
  const scan = mustFind(await findBmcScan(ctx.db, scanId), "bmc_scan", scanId);
  return await viewBmcScan(ctx, scan);
}

/** Those of a site, the newest first. */
export async function listSiteBmcScans(
  ctx: RegionContext,
  caller: Caller,
  siteId: string,
): Promise<BmcScanView[]> {
  requireRole(caller, "operator");
  mustFind(await findSite(ctx.db, siteId), "site", siteId);
  const rows = await listBmcScans(ctx.db, siteId, SHOWN_MAX);
  const addresses = rows.flatMap(({ found }) => found.map(({ address }) => address));
  const holders = await listBmcHolders(ctx.db, siteId, addresses);
  return rows.map((row) => viewOf(row, holders));
}

/** One scan, with its machines. */
export async function viewBmcScan(ctx: RegionContext, scan: BmcScanRow) {
  const addresses = scan.found.map(({ address }) => address);
  return viewOf(scan, await listBmcHolders(ctx.db, scan.siteId, addresses));
}

function viewOf(scan: BmcScanRow, holders: ReadonlyMap<string, string>) {
  const { id, siteId, cidr, state, message } = scan;
  return {
    ...{ id, siteId, cidr, state, message },
    askedAt: scan.askedAt.toISOString(),
    endedAt: scan.endedAt?.toISOString() ?? null,
    found: scan.found.map((each) => ({ ...each, machine: holders.get(each.address) ?? null })),
  };
}
