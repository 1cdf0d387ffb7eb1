import type { RegionContext } from "@/region/context.ts";
import {
  deleteRange,
  findRange,
  insertRange,
  type IpRangeKind,
  type IpRangeRow,
} from "@/region/db/queries/subnets.ts";
import { checkNewRange } from "@/region/domain/network_rules.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { readSubnetForChange } from "./subnet_contents.ts";

/** Adds a range of addresses to a subnet. */
export async function createRange(
  ctx: RegionContext,
  caller: Caller,
  input: { subnetId: number; kind: IpRangeKind; first: string; last: string },
): Promise<IpRangeRow> {
  requireRole(caller, "admin");
  const { subnetId, kind } = input;
  const range = { kind, first: parseIpv4(input.first), last: parseIpv4(input.last) };
  const { row, siteId } = await ctx.db.transaction(async (tx) => {
    const subnet = await readSubnetForChange(tx, subnetId);
    checkNewRange(range, subnet.contents);
    return { row: await insertRange(tx, { subnetId, ...range }), siteId: subnet.row.siteId };
  });
  await publishSoon(ctx, siteId);
  return row;
}

/** Throws `not_found`. Leases in the range run on until they end. */
export async function removeRange(
  ctx: RegionContext,
  caller: Caller,
  rangeId: number,
): Promise<void> {
  requireRole(caller, "admin");
  const siteId = await ctx.db.transaction(async (tx) => {
    const range = mustFind(await findRange(tx, rangeId), "ip_range", rangeId);
    const { row } = await readSubnetForChange(tx, range.subnetId);
    await deleteRange(tx, rangeId);
    return row.siteId;
  });
  await publishSoon(ctx, siteId);
}
