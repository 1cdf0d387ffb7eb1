import type { RegionContext } from "@/region/context.ts";
import {
  findSubnet,
  type IpRangeRow,
  type LeaseFilter,
  type LeaseRow,
  listLeases as listLeaseRows,
  listRanges as listRangeRows,
  listReservations as listReservationRows,
  listSubnets as listSubnetRows,
  type ReservationRow,
  type SubnetRow,
} from "@/region/db/queries/subnets.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** Throws `not_found`. */
export async function getSubnet(
  ctx: RegionContext,
  caller: Caller,
  subnetId: number,
): Promise<SubnetRow> {
  requireRole(caller, "viewer");
  return mustFind(await findSubnet(ctx.db, subnetId), "subnet", subnetId);
}

export async function listSubnets(
  ctx: RegionContext,
  caller: Caller,
  query: { siteId?: string; limit: number },
): Promise<SubnetRow[]> {
  requireRole(caller, "viewer");
  return await listSubnetRows(ctx.db, query, query.limit);
}

export async function listRanges(
  ctx: RegionContext,
  caller: Caller,
  query: { subnetId?: number; limit: number },
): Promise<IpRangeRow[]> {
  requireRole(caller, "viewer");
  return await listRangeRows(ctx.db, inSubnet(query.subnetId), query.limit);
}

export async function listReservations(
  ctx: RegionContext,
  caller: Caller,
  query: { subnetId?: number; limit: number },
): Promise<ReservationRow[]> {
  requireRole(caller, "viewer");
  return await listReservationRows(ctx.db, inSubnet(query.subnetId), query.limit);
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

function inSubnet(subnetId: number | undefined): { subnetIds?: number[] } {
  return subnetId === undefined ? {} : { subnetIds: [subnetId] };
}
