import { and, asc, eq, gte, inArray, not, type SQL, sql } from "drizzle-orm";
import type { MachineStatus } from "@/shared/machine/lifecycle.ts";
import type { Db } from "../client.ts";
import { type MachineRow, machines } from "../schema/machines.ts";
import { machineTags } from "../schema/tags.ts";

/**
 * What is asked of a machine and stands in its columns; absent: anything.
 *
 * `Ref` is how zones, pools and tags are meant: by number, or by name for who asks.
 */
export interface ColumnConstraints<Ref extends number | string = number> {
  readonly cpuCount?: number;
  readonly memoryMib?: number;
  /** Any of them. */
  readonly architecture?: readonly string[];
  readonly siteId?: string;
  readonly hostname?: string;
  readonly systemId?: string;
  readonly zone?: Ref;
  readonly notInZone?: readonly Ref[];
  readonly pool?: Ref;
  readonly notInPool?: readonly Ref[];
  /** All of them. */
  readonly tags?: readonly Ref[];
  /** None of them. */
  readonly notTags?: readonly Ref[];
  /**
   * By number: an enabled interface on each of them; `not`: on none. An interface is on a subnet, a
   * fabric or a space by the VLAN that it is plugged into.
   */
  readonly subnets?: readonly number[];
  readonly notSubnets?: readonly number[];
  readonly vlans?: readonly number[];
  readonly notVlans?: readonly number[];
  readonly fabrics?: readonly number[];
  readonly notFabrics?: readonly number[];
  readonly spaces?: readonly number[];
  readonly notSpaces?: readonly number[];
}
export type ColumnField = keyof ColumnConstraints;

/** Which machines can be taken at all. */
export interface Takeable {
  readonly status: MachineStatus;
  /** Only those in these pools. Absent: all. */
  readonly poolIds?: readonly number[];
}

/** Where a machine stands among those that fit, the smallest first; the older of two equal ones. */
export type FitPosition = Pick<MachineRow, "cpuCount" | "memoryMib" | "storageBytes" | "id">;
const FIT = [machines.cpuCount, machines.memoryMib, machines.storageBytes, machines.id] as const;
const FIT_ORDER = FIT.map((column) => asc(column));

/** The next machines that fit, without a lock: by the time of taking, somebody else may have them. */
export async function listFitting(
  db: Db,
  wanted: ColumnConstraints & { of: Takeable; after?: FitPosition },
  limit: number,
): Promise<(FitPosition & Pick<MachineRow, "inventory">)[]> {
  const { after } = wanted;
  const [cpuCount, memoryMib, storageBytes, id] = FIT;
  const isLater = after && sql`(${cpuCount}, ${memoryMib}, ${storageBytes}, ${id}) >
    (${after.cpuCount}, ${after.memoryMib}, ${after.storageBytes}, ${after.id})`;
  return await db.select({ cpuCount, memoryMib, storageBytes, id, inventory: machines.inventory })
    .from(machines).where(and(isTakeable(wanted.of), ...conditionsOf(db, wanted).values(), isLater))
    .orderBy(...FIT_ORDER).limit(limit);
}

/**
 * Locks the smallest of these machines that still fits; undefined when there is none.
 *
 * `isWaiting` false: those that somebody else has locked are passed over, so that many requests at
 * once take different machines and none waits for another.
 */
export async function lockFitting(
  tx: Db,
  wanted: ColumnConstraints & { of: Takeable; ids: readonly number[] },
  { isWaiting }: { isWaiting: boolean },
): Promise<MachineRow | undefined> {
  const [row] = await tx.select().from(machines)
    .where(and(
      inArray(machines.id, [...wanted.ids]),
      isTakeable(wanted.of),
      ...conditionsOf(tx, wanted).values(),
    ))
    .orderBy(...FIT_ORDER).limit(1)
    .for("no key update", isWaiting ? {} : { skipLocked: true });
  return row;
}

/** How many could be taken at all, and how many of those each constraint excludes by itself. */
export async function countExcluded(
  db: Db,
  wanted: ColumnConstraints & { of: Takeable },
): Promise<{ takeable: number; excluded: Map<ColumnField, number> }> {
  const conditions = conditionsOf(db, wanted);
  const counts = Object.fromEntries(
    [...conditions].map(([field, condition]) => [
      field,
      sql<number>`count(*) filter (where ${not(condition)})`.mapWith(Number),
    ]),
  );
  const [row] = await db.select({ takeable: sql<number>`count(*)`.mapWith(Number), ...counts })
    .from(machines).where(isTakeable(wanted.of));
  const { takeable = 0, ...excluded } = row ?? {};
  // The keys are those of the conditions, a few lines above.
  return { takeable, excluded: new Map(Object.entries(excluded) as [ColumnField, number][]) };
}

function isTakeable({ status, poolIds }: Takeable): SQL | undefined {
  return and(
    // As the index says it: a parameter would keep PostgreSQL from using it.
    status === "Ready" ? sql`${machines.status} = 'Ready'` : eq(machines.status, status),
    sql`not ${machines.isLocked}`,
    poolIds && inArray(machines.poolId, [...poolIds]),
  );
}

function conditionsOf(db: Db, wanted: ColumnConstraints): Map<ColumnField, SQL> {
  const conditions = new Map<ColumnField, SQL>();
  const add = <F extends ColumnField>(
    field: F,
    condition: (value: NonNullable<ColumnConstraints[F]>) => SQL,
  ) => {
    const value = wanted[field];
    if (value !== undefined) conditions.set(field, condition(value));
  };
  add("cpuCount", (least) => gte(machines.cpuCount, least));
  add("memoryMib", (least) => gte(machines.memoryMib, least));
  add("architecture", (any) => inArray(machines.architecture, [...any]));
  add("siteId", (id) => eq(machines.siteId, id));
  add("hostname", (name) => eq(machines.hostname, name));
  add("systemId", (id) => eq(machines.systemId, id));
  add("zone", (id) => eq(machines.zoneId, id));
  add("notInZone", (ids) => not(inArray(machines.zoneId, [...ids])));
  add("pool", (id) => eq(machines.poolId, id));
  add("notInPool", (ids) => not(inArray(machines.poolId, [...ids])));
  add("tags", (ids) => sql`${countTags(db, ids)} = ${ids.length}`);
  add("notTags", (ids) => sql`${countTags(db, ids)} = 0`);
  for (const [field, notField, vlansOf] of NETWORKS) {
    add(field, (ids) => allOf(ids.map((id) => isOn(vlansOf(id)))));
    add(notField, (ids) => allOf(ids.map((id) => not(isOn(vlansOf(id))))));
  }
  return conditions;
}

/** How many of these tags a machine has. */
function countTags(db: Db, ids: readonly number[]): SQL {
  const counted = db.select({ count: sql`count(*)` }).from(machineTags).where(and(
    eq(machineTags.machineId, sql`machines.id`),
    inArray(machineTags.tagId, [...ids]),
  ));
  return sql`(${counted})`;
}

/** The VLANs that a network is made of. */
const NETWORKS = [
  ["subnets", "notSubnets", (id: number) => sql`select vlan_id from subnets where id = ${id}`],
  ["vlans", "notVlans", (id: number) => sql`select ${id}::int`],
  ["fabrics", "notFabrics", (id: number) => sql`select id from vlans where fabric_id = ${id}`],
  ["spaces", "notSpaces", (id: number) => sql`select id from vlans where space_id = ${id}`],
] as const;

/** The machine has an interface on one of these VLANs. */
function isOn(vlans: SQL): SQL {
  return sql`exists (select 1 from interfaces
    where interfaces.machine_id = machines.id and interfaces.is_enabled
      and interfaces.vlan_id in (${vlans}))`;
}

function allOf(conditions: readonly SQL[]): SQL {
  return and(...conditions) ?? sql`true`;
}
