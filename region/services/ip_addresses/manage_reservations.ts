import type { RegionContext } from "@/region/context.ts";
import {
  deleteIpAddress,
  findIpAddress,
  type IpAddressFilter,
  type IpAddressRow,
  listIpAddresses,
  updateIpAddress,
} from "@/region/db/queries/ip_addresses.ts";
import { findSubnet } from "@/region/db/queries/subnets.ts";
import type { Db } from "@/region/db/client.ts";
import { atField } from "@/region/domain/at_field.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { type PageQuery, readIdPage } from "@/region/services/id_page.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { changeSite, recordNetworkChange } from "../networks/change_site.ts";
import { readSubnetPlan } from "../subnets/subnet_plan.ts";
import { checkNamed, promiseAddress, promiseRefusals } from "./promise_address.ts";

export async function listReservations(
  ctx: RegionContext,
  caller: Caller,
  query: PageQuery & Pick<IpAddressFilter, "subnetId" | "siteId" | "mac">,
): Promise<{ reservations: IpAddressRow[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const mac = query.mac && parseMacAddress(query.mac);
  const filter = { ...query, ...(mac && { mac }), kind: "reservation" as const };
  const { rows, nextCursor } = await readIdPage(
    query,
    (page) => listIpAddresses(ctx.db, filter, page),
  );
  return { reservations: rows, nextCursor };
}

/** Throws `not_found`. */
export async function getReservation(
  ctx: RegionContext,
  caller: Caller,
  reservationId: number,
): Promise<IpAddressRow> {
  requireRole(caller, "viewer");
  return await mustFindReservation(ctx.db, reservationId);
}

/**
 * Promises an address to a MAC: DHCP gives it to nobody else.
 *
 * Throws `conflict` when either has a promise in this subnet, or another machine uses the address.
 */
export async function createReservation(
  ctx: RegionContext,
  caller: Caller,
  input: { subnetId: number; mac: string; ip?: string; hostname?: string; comment?: string },
): Promise<IpAddressRow> {
  requireRole(caller, "admin");
  const { subnetId, hostname, comment } = input;
  const mac = atField("mac", () => parseMacAddress(input.mac));
  const ip = input.ip === undefined
    ? undefined
    : atField("ip", () => parseIpAddress(input.ip ?? ""));
  const { siteId } = mustFind(await findSubnet(ctx.db, subnetId), "subnet", subnetId);
  return await refuseViolations(
    promiseRefusals({ ip, mac }),
    () =>
      changeSite(ctx, siteId, async (tx) => {
        const subnet = await readSubnetPlan(tx, subnetId);
        const createdAt = ctx.now();
        const promised = { kind: "reservation", ip, mac, hostname, comment, createdAt } as const;
        const row = await promiseAddress(tx, subnet, promised);
        await recordNetworkChange(ctx, tx, caller, {
          action: "reservation.create",
          id: row.id,
          name: spell(row),
          siteId,
          after: row,
        });
        return row;
      }),
  );
}

/** Moves a promise to another address or MAC, or says more about it. */
export async function updateReservation(
  ctx: RegionContext,
  caller: Caller,
  input: {
    reservationId: number;
    ifVersion?: number;
    mac?: string;
    ip?: string;
    hostname?: string | null;
    comment?: string;
  },
): Promise<IpAddressRow> {
  requireRole(caller, "admin");
  const { reservationId: id, ifVersion, mac, ip, ...rest } = input;
  const change = {
    ...rest,
    ...(mac === undefined ? {} : { mac: atField("mac", () => parseMacAddress(mac)) }),
    ...(ip === undefined ? {} : { ip: atField("ip", () => parseIpAddress(ip)) }),
  };
  const siteId = await siteOf(ctx, id);
  return await refuseViolations(
    promiseRefusals(change),
    () =>
      changeSite(ctx, siteId, async (tx) => {
        const before = await mustFindReservation(tx, id);
        expectVersion(before, ifVersion);
        const subnet = await readSubnetPlan(tx, before.subnetId);
        if (change.ip) await checkNamed(tx, subnet, { ...before, ...change, ip: change.ip });
        const after = mustFind(await updateIpAddress(tx, id, change), "reservation", id);
        await recordNetworkChange(ctx, tx, caller, {
          action: "reservation.update",
          id,
          name: spell(after),
          siteId,
          before,
          after,
        });
        return after;
      }),
  );
}

/** Throws `not_found`. A lease that rests on it runs on until it ends. */
export async function removeReservation(
  ctx: RegionContext,
  caller: Caller,
  input: { reservationId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { reservationId: id, ifVersion } = input;
  const siteId = await siteOf(ctx, id);
  await changeSite(ctx, siteId, async (tx) => {
    const before = await mustFindReservation(tx, id);
    expectVersion(before, ifVersion);
    await deleteIpAddress(tx, id);
    await recordNetworkChange(ctx, tx, caller, {
      action: "reservation.delete",
      id,
      name: spell(before),
      siteId,
      before,
    });
  });
}

async function mustFindReservation(db: Db, id: number): Promise<IpAddressRow> {
  const row = await findIpAddress(db, id);
  return mustFind(row?.kind === "reservation" ? row : undefined, "reservation", id);
}

async function siteOf(ctx: RegionContext, id: number): Promise<string> {
  const { subnetId } = await mustFindReservation(ctx.db, id);
  return mustFind(await findSubnet(ctx.db, subnetId), "subnet", subnetId).siteId;
}

function spell({ ip, mac }: IpAddressRow): string {
  return `of ${ip} for ${mac}`;
}
