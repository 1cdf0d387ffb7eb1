import type { RegionContext } from "@/region/context.ts";
import {
  deleteReservation,
  findReservation,
  insertReservation,
  type ReservationRow,
} from "@/region/db/queries/subnets.ts";
import { checkNewReservation } from "@/region/domain/network_rules.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { readSubnetForChange } from "./subnet_contents.ts";

/** Promises an address to a MAC. Throws `conflict` when either has a promise in this subnet. */
export async function createReservation(
  ctx: RegionContext,
  caller: Caller,
  input: { subnetId: number; mac: string; ipv4: string },
): Promise<ReservationRow> {
  requireRole(caller, "admin");
  const { subnetId } = input;
  const mac = parseMacAddress(input.mac);
  const ipv4 = parseIpv4(input.ipv4);
  const refusals = {
    reservations_subnet_mac: {
      code: "reservation.mac_taken",
      message: `${mac} has a reservation in this subnet already`,
      field: "mac",
    },
    reservations_subnet_ipv4: {
      code: "reservation.address_taken",
      message: `${ipv4} is reserved for another machine`,
      field: "ipv4",
    },
  };
  const { row, siteId } = await refuseViolations(refusals, () =>
    ctx.db.transaction(async (tx) => {
      const subnet = await readSubnetForChange(tx, subnetId);
      checkNewReservation(ipv4, subnet.contents);
      const row = await insertReservation(tx, { subnetId, mac, ipv4 });
      return { row, siteId: subnet.row.siteId };
    }));
  await publishSoon(ctx, siteId);
  return row;
}

/** Throws `not_found`. */
export async function removeReservation(
  ctx: RegionContext,
  caller: Caller,
  reservationId: number,
): Promise<void> {
  requireRole(caller, "admin");
  const siteId = await ctx.db.transaction(async (tx) => {
    const found = await findReservation(tx, reservationId);
    const { subnetId } = mustFind(found, "reservation", reservationId);
    const { row } = await readSubnetForChange(tx, subnetId);
    await deleteReservation(tx, reservationId);
    return row.siteId;
  });
  await publishSoon(ctx, siteId);
}
