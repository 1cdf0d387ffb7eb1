import { and, asc, count, eq, inArray } from "drizzle-orm";
import type { Db } from "../client.ts";
import { machines } from "../schema/machines.ts";
import { machineTags, tags } from "../schema/tags.ts";
import { pools, zones } from "../schema/zones.ts";
import { machineConditions, type MachineFilter } from "./machine_filter.ts";

/** What machines can be counted by. */
export const COUNTED_BY = ["status", "site", "zone", "pool", "tag"] as const;
export type CountedBy = typeof COUNTED_BY[number];

/** How many machines have the same `value`: a status, a site's id, the name of anything else. */
export interface MachineCount {
  readonly value: string;
  readonly machines: number;
}

/** Of the machines that fit, how many there are for each value; values that none has are left out. */
export async function countMachines(
  db: Db,
  by: CountedBy,
  filter: MachineFilter,
): Promise<MachineCount[]> {
  const where = and(...machineConditions(db, filter));
  switch (by) {
    case "status":
    case "site": {
      const value = by === "status" ? machines.status : machines.siteId;
      return await db.select({ value, machines: count() }).from(machines).where(where)
        .groupBy(value).orderBy(asc(value));
    }
    case "zone":
    case "pool": {
      // The two tables have the same columns; drizzle tells them apart by their names only.
      const table = (by === "zone" ? zones : pools) as typeof zones;
      const column = by === "zone" ? machines.zoneId : machines.poolId;
      const counted = db.select({ id: column, machines: count().as("machines") }).from(machines)
        .where(where).groupBy(column).as("counted");
      return await db.select({ value: table.name, machines: counted.machines }).from(counted)
        .innerJoin(table, eq(table.id, counted.id)).orderBy(asc(table.name));
    }
    case "tag": {
      const fitting = db.select({ id: machines.id }).from(machines).where(where);
      const counted = db.select({ id: machineTags.tagId, machines: count().as("machines") })
        .from(machineTags).where(where && inArray(machineTags.machineId, fitting))
        .groupBy(machineTags.tagId).as("counted");
      return await db.select({ value: tags.name, machines: counted.machines }).from(counted)
        .innerJoin(tags, eq(tags.id, counted.id)).orderBy(asc(tags.name));
    }
  }
}
