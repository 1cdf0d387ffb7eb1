import type { Db } from "@/region/db/client.ts";
import type { ColumnConstraints } from "@/region/db/queries/allocation.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import type { PartConstraints } from "@/region/domain/allocation/part_constraints.ts";
import { mustFind } from "@/region/services/not_found.ts";
import type { Caller } from "../identity/caller.ts";
import { resolvePlacement, resolveTags } from "./place_machine.ts";

/** What a machine must be to be allocated, in the words of who asks: names instead of numbers. */
export type ConstraintInput = ColumnConstraints<string> & PartConstraints;

/** The same by number, in two halves: what the database chooses by, and what the inventory tells. */
export interface Constraints {
  readonly input: ConstraintInput;
  readonly columns: ColumnConstraints;
  readonly parts: PartConstraints;
}

/** Throws `not_found` for a site, zone, pool or tag that there is not, or not for this caller. */
export async function resolveConstraints(
  db: Db,
  caller: Caller,
  input: ConstraintInput,
): Promise<Constraints> {
  const { disks, interfaces, pciDevices, usbDevices, ...rest } = input;
  const { zone, notInZone, pool, notInPool, tags, notTags, ...plain } = rest;
  if (plain.siteId !== undefined) mustFind(await findSite(db, plain.siteId), "site", plain.siteId);
  const place = await resolvePlacement(db, caller, { zone, pool });
  const without: ColumnConstraints = {
    ...(notInZone && { notInZone: await placements(db, caller, "zone", notInZone) }),
    ...(notInPool && { notInPool: await placements(db, caller, "pool", notInPool) }),
    ...(tags && { tags: (await resolveTags(db, tags)).map(({ id }) => id) }),
    ...(notTags && { notTags: (await resolveTags(db, notTags)).map(({ id }) => id) }),
  };
  return {
    input,
    columns: { ...plain, zone: place.zoneId, pool: place.poolId, ...without },
    parts: { disks, interfaces, pciDevices, usbDevices },
  };
}

async function placements(
  db: Db,
  caller: Caller,
  kind: "zone" | "pool",
  names: readonly string[],
): Promise<number[]> {
  const ids: number[] = [];
  for (const name of new Set(names)) {
    const { zoneId, poolId } = await resolvePlacement(db, caller, { [kind]: name });
    ids.push(zoneId ?? poolId ?? 0);
  }
  return ids;
}
