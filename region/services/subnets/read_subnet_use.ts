import type { RegionContext } from "@/region/context.ts";
import {
  countByBlock,
  countSubnetUse,
  listLeaseChanges,
  listUsedAddresses,
  listUsedRanges,
} from "@/region/db/queries/subnet_use.ts";
import { atField } from "@/region/domain/at_field.ts";
import {
  cellsOf,
  countInRanges,
  type Grid,
  gridOf,
  roleOf,
} from "@/region/domain/networks/address_map.ts";
import { allocatableRanges, usableAddresses } from "@/region/domain/networks/address_plan.ts";
import { countAddresses, withoutAddresses } from "@/region/domain/networks/address_ranges.ts";
import { sumChanges } from "@/region/domain/networks/lease_history.ts";
import type { SubnetPlan } from "@/region/domain/networks/network_rules.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import { formatNetwork, parseNetwork } from "@/shared/net/ip_network.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { readSubnetPlan } from "./subnet_plan.ts";

/** What is used in more pieces than this is counted right, but its last free ranges are not listed. */
const USED_RANGES_MAX = 10_000;
const FREE_RANGES_SHOWN = 100;

/** How full a subnet is. Counts above 2^53, which only IPv6 has, are rounded. */
export async function readUtilisation(ctx: RegionContext, caller: Caller, subnetId: number) {
  requireRole(caller, "viewer");
  const { row, plan } = await readSubnetPlan(ctx.db, subnetId);
  const use = await countSubnetUse(ctx.db, subnetId);
  const used = await listUsedRanges(ctx.db, subnetId, USED_RANGES_MAX);
  const kept = [...row.dnsServers, ...row.ntpServers].map(parseIpAddress);
  const allocatable = allocatableRanges({ ...plan, isManaged: row.isManaged, kept });
  const free = withoutAddresses(allocatable, used).map((range) => ({
    ...range,
    count: Number(countAddresses([range])),
  }));
  const total = countAddresses([usableAddresses(plan.network)]);
  const inRanges = (kind: "dynamic" | "reserved") =>
    Number(countAddresses(plan.ranges.filter((range) => range.kind === kind)));
  return {
    subnetId,
    cidr: row.cidr,
    /** Those that a machine could have. */
    total: Number(total),
    used: use.distinct,
    usedPercent: Math.round(10_000 * use.distinct / Number(total)) / 100,
    reservations: use.reservations,
    user: use.user,
    static: use.static,
    auto: use.auto,
    leases: use.leases,
    dynamic: inRanges("dynamic"),
    reserved: inRanges("reserved"),
    /** Those that an allocation may take now. */
    available: free.reduce((sum, { count }) => sum + count, 0),
    largestFree: free.reduce((most, { count }) => Math.max(most, count), 0),
    freeRanges: free.slice(0, FREE_RANGES_SHOWN),
  };
}

/** As many as a chart shows. */
const HISTORY_POINTS = 97;

/** How many addresses DHCP had given, at evenly spaced moments up to now. */
export async function readLeaseHistory(
  ctx: RegionContext,
  caller: Caller,
  { subnetId, hours }: { subnetId: number; hours: number },
) {
  requireRole(caller, "viewer");
  await readSubnetPlan(ctx.db, subnetId); // throws `not_found`
  const to = ctx.now();
  const stepSeconds = hours * 3600 / (HISTORY_POINTS - 1);
  const from = new Date(to.getTime() - hours * 3_600_000);
  const changes = await listLeaseChanges(ctx.db, subnetId, { from, to, stepSeconds });
  return {
    subnetId,
    from: from.toISOString(),
    to: to.toISOString(),
    stepSeconds,
    leases: sumChanges(changes, HISTORY_POINTS),
  };
}

/**
 * A map of a subnet, or of a block of it: single addresses when it has at most 256, else at most 256
 * blocks to look into next. Always the same number of statements.
 */
export async function readAddressMap(
  ctx: RegionContext,
  caller: Caller,
  input: { subnetId: number; block?: string },
) {
  requireRole(caller, "viewer");
  const { plan } = await readSubnetPlan(ctx.db, input.subnetId);
  const { block = formatNetwork(plan.network) } = input;
  const grid = gridOf(plan.network, atField("block", () => parseNetwork(block)));
  const whole = { subnetId: input.subnetId, block: formatNetwork(grid.block) };
  return grid.isSingle
    ? { ...whole, addresses: await mapAddresses(ctx, input.subnetId, plan, grid), blocks: null }
    : { ...whole, addresses: null, blocks: await mapBlocks(ctx, input.subnetId, plan, grid) };
}

async function mapAddresses(ctx: RegionContext, subnetId: number, plan: SubnetPlan, grid: Grid) {
  const found = await listUsedAddresses(ctx.db, subnetId, grid.block);
  const byIp = new Map(found.map((each) => [String(parseIpAddress(each.ip)), each]));
  return cellsOf(grid).map(({ first: ip }) => {
    const known = byIp.get(ip);
    return {
      ip,
      role: roleOf(ip, plan),
      promise: known?.kind ?? null,
      ipAddressId: known?.ipAddressId ?? null,
      isLeased: known?.isLeased ?? false,
      mac: known?.mac ?? null,
      hostname: known?.hostname ?? null,
      systemId: known?.systemId ?? null,
    };
  });
}

async function mapBlocks(ctx: RegionContext, subnetId: number, plan: SubnetPlan, grid: Grid) {
  const { prefixBits } = grid;
  const found = await countByBlock(ctx.db, subnetId, { ...grid.block, prefixBits });
  const byFirst = new Map(found.map((each) => [each.first, each]));
  return cellsOf(grid).map((cell) => ({
    cidr: `${cell.first}/${prefixBits}`,
    total: Number(countAddresses([cell])),
    promised: byFirst.get(cell.first)?.promised ?? 0,
    leased: byFirst.get(cell.first)?.leased ?? 0,
    dynamic: countInRanges(cell, plan.ranges, "dynamic"),
    reserved: countInRanges(cell, plan.ranges, "reserved"),
  }));
}
