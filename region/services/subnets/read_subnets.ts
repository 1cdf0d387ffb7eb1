import type { RegionContext } from "@/region/context.ts";
import {
  findRange,
  findSubnet,
  type IpRangeRow,
  type LeaseFilter,
  type LeaseRow,
  listLeases as listLeaseRows,
  listRanges as listRangeRows,
  listSubnets as listSubnetRows,
  type SubnetFilter,
} from "@/region/db/queries/subnets.ts";
import { type PageQuery, readIdPage } from "@/region/services/id_page.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { type SubnetView, viewSubnet } from "./subnet_view.ts";

/** Throws `not_found`. */
export async function getSubnet(
  ctx: RegionContext,
  caller: Caller,
  subnetId: number,
): Promise<SubnetView> {
  requireRole(caller, "viewer");
  return viewSubnet(mustFind(await findSubnet(ctx.db, subnetId), "subnet", subnetId));
}

export async function listSubnets(
  ctx: RegionContext,
  caller: Caller,
  query: PageQuery & SubnetFilter,
): Promise<{ subnets: SubnetView[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { rows, nextCursor } = await readIdPage(
    query,
    (page) => listSubnetRows(ctx.db, query, page),
  );
  return { subnets: rows.map(viewSubnet), nextCursor };
}

/** Throws `not_found`. */
export async function getRange(
  ctx: RegionContext,
  caller: Caller,
  rangeId: number,
): Promise<IpRangeRow> {
  requireRole(caller, "viewer");
  return mustFind(await findRange(ctx.db, rangeId), "ip_range", rangeId);
}

export async function listRanges(
  ctx: RegionContext,
  caller: Caller,
  query: PageQuery & { subnetId?: number },
): Promise<{ ipRanges: IpRangeRow[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { rows, nextCursor } = await readIdPage(
    query,
    (page) => listRangeRows(ctx.db, query, page),
  );
  return { ipRanges: rows, nextCursor };
}

/** Newest first. */
export async function listLeases(
  ctx: RegionContext,
  caller: Caller,
  query: LeaseFilter & { limit: number },
): Promise<LeaseRow[]> {
  requireRole(caller, "viewer");
  return await listLeaseRows(ctx.db, query, query.limit);
}
