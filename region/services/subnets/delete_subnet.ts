import type { RegionContext } from "@/region/context.ts";
import { deleteSubnet as deleteSubnetRow } from "@/region/db/queries/subnets.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { readSubnetForChange } from "./subnet_contents.ts";

/** Removes a subnet with its ranges and reservations. Throws `not_found`. */
export async function deleteSubnet(
  ctx: RegionContext,
  caller: Caller,
  subnetId: number,
): Promise<void> {
  requireRole(caller, "admin");
  const siteId = await ctx.db.transaction(async (tx) => {
    const { row } = await readSubnetForChange(tx, subnetId);
    await deleteSubnetRow(tx, subnetId);
    return row.siteId;
  });
  await publishSoon(ctx, siteId);
}
