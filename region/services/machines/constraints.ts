import type { Db } from "@/region/db/client.ts";
import type { ColumnConstraints } from "@/region/db/queries/allocation.ts";
import { findFabric, findSpace, findVlan } from "@/region/db/queries/networks.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import { findSubnet } from "@/region/db/queries/subnets.ts";
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

/** Throws `not_found` for a site, zone, pool, tag or network that there is not, or not for this caller. */
export async function resolveConstraints(
  db: Db,
  caller: Caller,
  input: ConstraintInput,
): Promise<Constraints> {
  const { disks, interfaces, pciDevices, usbDevices, ...rest } = input;
  const { zone, notInZone, pool, notInPool, tags, notTags, ...plain } = rest;
  if (plain.siteId !== undefined) mustFind(await findSite(db, plain.siteId), "site", plain.siteId);
  await findNetworks(db, plain);
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

/** A network that there is not would exclude every machine, or none, without a word. */
async function findNetworks(db: Db, wanted: ColumnConstraints): Promise<void> {
  const { subnets, notSubnets, vlans, notVlans, fabrics, notFabrics, spaces, notSpaces } = wanted;
  const named = [
    ["subnet", findSubnet, subnets, notSubnets],
    ["vlan", findVlan, vlans, notVlans],
    ["fabric", findFabric, fabrics, notFabrics],
    ["space", findSpace, spaces, notSpaces],
  ] as const;
  for (const [noun, find, ids = [], notIds = []] of named) {
    for (const id of new Set([...ids, ...notIds])) mustFind(await find(db, id), noun, id);
  }
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
