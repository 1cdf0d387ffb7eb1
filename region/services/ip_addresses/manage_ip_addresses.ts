import type { RegionContext } from "@/region/context.ts";
import {
  deleteIpAddress,
  findIpAddress,
  type IpAddressFilter,
  type IpAddressRow,
  listIpAddresses as listRows,
} from "@/region/db/queries/ip_addresses.ts";
import { lockSite } from "@/region/db/queries/sites.ts";
import { findSubnet } from "@/region/db/queries/subnets.ts";
import { atField } from "@/region/domain/at_field.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { type PageQuery, readIdPage } from "@/region/services/id_page.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { readSubnetPlan } from "../subnets/subnet_plan.ts";
import { promiseAddress, promiseRefusals } from "./promise_address.ts";

/** Promises of every kind, in the order of their making. */
export async function listIpAddresses(
  ctx: RegionContext,
  caller: Caller,
  query: PageQuery & Pick<IpAddressFilter, "subnetId" | "siteId" | "kind">,
): Promise<{ ipAddresses: IpAddressRow[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { rows, nextCursor } = await readIdPage(query, (page) => listRows(ctx.db, query, page));
  return { ipAddresses: rows, nextCursor };
}

/** Throws `not_found`. */
export async function getIpAddress(
  ctx: RegionContext,
  caller: Caller,
  ipAddressId: number,
): Promise<IpAddressRow> {
  requireRole(caller, "viewer");
  return mustFind(await findIpAddress(ctx.db, ipAddressId), "ip_address", ipAddressId);
}

/**
 * Keeps an address for the caller: the one named, or the lowest free one.
 *
 * Takes the lock on the site but leaves its document alone: such an address lies outside the dynamic
 * ranges, so the agent gives it to nobody anyway. Throws `subnet.full` when none is free.
 */
export async function createIpAddress(
  ctx: RegionContext,
  caller: Caller,
  input: { subnetId: number; ip?: string; hostname?: string; comment?: string },
): Promise<IpAddressRow> {
  requireRole(caller, "operator");
  const { subnetId, hostname, comment } = input;
  const ip = input.ip === undefined
    ? undefined
    : atField("ip", () => parseIpAddress(input.ip ?? ""));
  const { siteId } = mustFind(await findSubnet(ctx.db, subnetId), "subnet", subnetId);
  return await refuseViolations(promiseRefusals({ ip }), () =>
    ctx.db.transaction(async (tx) => {
      await lockSite(tx, siteId);
      const subnet = await readSubnetPlan(tx, subnetId);
      const { userId } = caller;
      const promised = {
        kind: "user",
        ip,
        hostname,
        comment,
        userId,
        createdAt: ctx.now(),
      } as const;
      const row = await promiseAddress(tx, subnet, promised);
      const { id, ip: name } = row;
      await recordChange(ctx, tx, caller, { action: "ip_address.create", id, name, after: row });
      return row;
    }));
}

/** Frees an address that a person keeps: one's own, or anybody's for an admin. */
export async function removeIpAddress(
  ctx: RegionContext,
  caller: Caller,
  input: { ipAddressId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "operator");
  const { ipAddressId: id, ifVersion } = input;
  await ctx.db.transaction(async (tx) => {
    const before = mustFind(await findIpAddress(tx, id), "ip_address", id);
    expectVersion(before, ifVersion);
    checkMayFree(caller, before);
    await deleteIpAddress(tx, id);
    const { ip: name } = before;
    await recordChange(ctx, tx, caller, { action: "ip_address.delete", id, name, before });
  });
}

function checkMayFree(caller: Caller, row: IpAddressRow): void {
  if (row.linkId !== null) {
    throw new DomainError({
      kind: "conflict",
      code: "ip_address.of_interface",
      message: `${row.ip} is the ${row.kind} address of a machine's interface; remove the link ` +
        `${row.linkId} of that interface instead`,
    });
  }
  if (row.kind !== "user") {
    throw new DomainError({
      kind: "conflict",
      code: "ip_address.is_reservation",
      message: `${row.ip} is promised to a MAC; remove the reservation instead`,
    });
  }
  if (caller.role === "admin" || row.userId === caller.userId) return;
  throw new DomainError({
    kind: "forbidden",
    code: "ip_address.of_another",
    message: `${row.ip} is kept for somebody else`,
  });
}
