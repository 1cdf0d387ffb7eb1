import type { RegionContext } from "@/region/context.ts";
import {
  deleteRange as deleteRangeRow,
  findRange,
  findSubnet,
  insertRange,
  type IpRangeKind,
  type IpRangeRow,
  updateRange as updateRangeRow,
} from "@/region/db/queries/subnets.ts";
import { atField } from "@/region/domain/at_field.ts";
import { checkRange } from "@/region/domain/networks/network_rules.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { changeSite, recordNetworkChange } from "../networks/change_site.ts";
import { readSubnetPlan } from "./subnet_plan.ts";

/** Adds a range of addresses to a subnet. */
export async function createRange(
  ctx: RegionContext,
  caller: Caller,
  input: { subnetId: number; kind: IpRangeKind; first: string; last: string; comment?: string },
): Promise<IpRangeRow> {
  requireRole(caller, "admin");
  const { subnetId, kind, comment } = input;
  const range = {
    kind,
    first: atField("first", () => parseIpAddress(input.first)),
    last: atField("last", () => parseIpAddress(input.last)),
  };
  const { siteId } = mustFind(await findSubnet(ctx.db, subnetId), "subnet", subnetId);
  return await changeSite(ctx, siteId, async (tx) => {
    const { plan } = await readSubnetPlan(tx, subnetId);
    checkRange(range, plan);
    const row = await insertRange(tx, { subnetId, ...range, comment });
    await recordNetworkChange(ctx, tx, caller, {
      action: "ip_range.create",
      id: row.id,
      name: spell(row),
      siteId,
      after: row,
    });
    return row;
  });
}

/** Moves a range's ends. Leases in what it no longer holds run on until they end. */
export async function updateRange(
  ctx: RegionContext,
  caller: Caller,
  input: { rangeId: number; ifVersion?: number; first?: string; last?: string; comment?: string },
): Promise<IpRangeRow> {
  requireRole(caller, "admin");
  const { rangeId, ifVersion, comment } = input;
  const siteId = await siteOf(ctx, rangeId);
  return await changeSite(ctx, siteId, async (tx) => {
    const before = mustFind(await findRange(tx, rangeId), "ip_range", rangeId);
    expectVersion(before, ifVersion);
    const { first = before.first, last = before.last } = input;
    const change = {
      first: atField("first", () => parseIpAddress(first)),
      last: atField("last", () => parseIpAddress(last)),
      ...(comment === undefined ? {} : { comment }),
    };
    const { plan } = await readSubnetPlan(tx, before.subnetId);
    checkRange({ ...before, ...change }, plan);
    const after = mustFind(await updateRangeRow(tx, rangeId, change), "ip_range", rangeId);
    await recordNetworkChange(ctx, tx, caller, {
      action: "ip_range.update",
      id: rangeId,
      name: spell(after),
      siteId,
      before,
      after,
    });
    return after;
  });
}

/** Throws `not_found`. Leases in the range run on until they end. */
export async function removeRange(
  ctx: RegionContext,
  caller: Caller,
  input: { rangeId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { rangeId, ifVersion } = input;
  const siteId = await siteOf(ctx, rangeId);
  await changeSite(ctx, siteId, async (tx) => {
    const before = mustFind(await findRange(tx, rangeId), "ip_range", rangeId);
    expectVersion(before, ifVersion);
    await deleteRangeRow(tx, rangeId);
    await recordNetworkChange(ctx, tx, caller, {
      action: "ip_range.delete",
      id: rangeId,
      name: spell(before),
      siteId,
      before,
    });
  });
}

async function siteOf(ctx: RegionContext, rangeId: number): Promise<string> {
  const { subnetId } = mustFind(await findRange(ctx.db, rangeId), "ip_range", rangeId);
  return mustFind(await findSubnet(ctx.db, subnetId), "subnet", subnetId).siteId;
}

function spell({ kind, first, last }: IpRangeRow): string {
  return `${kind} range ${first}-${last}`;
}
