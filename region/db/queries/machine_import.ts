import { and, eq, inArray } from "drizzle-orm";
import type { Db } from "../client.ts";
import { events, type NewEvent } from "../schema/events.ts";
import { interfaces } from "../schema/interfaces.ts";
import { type MachineRow, machines, type NewMachine } from "../schema/machines.ts";
import { listInterfacesByMac, listMacs } from "./interfaces.ts";
import { sites } from "../schema/sites.ts";
import { machineTags, tags } from "../schema/tags.ts";
import { pools, zones } from "../schema/zones.ts";

/** A machine that a file may mean, with all its addresses and the tags that people put on it. */
export type FoundMachine =
  & Pick<MachineRow, "systemId" | "siteId" | "hostname" | "architecture" | "bmc" | "description">
  & { zone: string; pool: string; macs: string[]; tags: string[] };

/** PostgreSQL takes 65,535 parameters a statement. */
const ROWS_PER_STATEMENT = 2000;

/** The machines of a site that have one of these addresses or names. */
export async function findMachines(
  db: Db,
  siteId: string,
  by: { readonly macs: readonly string[]; readonly hostnames: readonly string[] },
): Promise<FoundMachine[]> {
  const ids = new Set<number>();
  for (const macs of slices(by.macs)) {
    const rows = await listInterfacesByMac(db, siteId, macs);
    rows.forEach(({ machineId }) => ids.add(machineId));
  }
  for (const names of slices(by.hostnames)) {
    const rows = await db.select({ id: machines.id }).from(machines)
      .where(and(eq(machines.siteId, siteId), inArray(machines.hostname, [...names])));
    rows.forEach(({ id }) => ids.add(id));
  }
  const found: FoundMachine[] = [];
  for (const slice of slices([...ids])) found.push(...await readMachines(db, slice));
  return found;
}

async function readMachines(db: Db, ids: readonly number[]): Promise<FoundMachine[]> {
  const rows = await db.select({
    id: machines.id,
    systemId: machines.systemId,
    siteId: machines.siteId,
    hostname: machines.hostname,
    architecture: machines.architecture,
    bmc: machines.bmc,
    description: machines.description,
    zone: zones.name,
    pool: pools.name,
  }).from(machines).innerJoin(zones, eq(zones.id, machines.zoneId))
    .innerJoin(pools, eq(pools.id, machines.poolId)).where(inArray(machines.id, [...ids]));
  const macs = await listMacs(db, ids);
  const named = Map.groupBy(
    await db.select({ id: machineTags.machineId, name: tags.name, definition: tags.definition })
      .from(machineTags).innerJoin(tags, eq(tags.id, machineTags.tagId))
      .where(inArray(machineTags.machineId, [...ids])),
    ({ id }) => id,
  );
  return rows.map(({ id, ...row }) => ({
    ...row,
    macs: macs.get(id) ?? [],
    tags: (named.get(id) ?? []).filter(({ definition }) => definition === null)
      .map(({ name }) => name),
  }));
}

/** Row numbers by name; names that there are not are left out. */
export async function findIds(
  db: Db,
  kind: "zone" | "pool",
  names: readonly string[],
): Promise<Map<string, number>> {
  // The two tables have the same columns; drizzle tells them apart by their names only.
  const table = (kind === "zone" ? zones : pools) as typeof zones;
  const rows = await db.select({ id: table.id, name: table.name }).from(table)
    .where(inArray(table.name, [...names]));
  return new Map(rows.map(({ id, name }) => [name, id]));
}

/** Those of these sites that there are. */
export async function findSiteIds(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db.select({ id: sites.id }).from(sites).where(inArray(sites.id, [...ids]));
  return new Set(rows.map(({ id }) => id));
}

/** A machine to be made, with what belongs to it. */
export interface WholeMachine {
  readonly machine: NewMachine;
  readonly macs: readonly string[];
  readonly tagIds: readonly number[];
}

/**
 * Makes many machines with few statements; their row numbers by system id. Throws a violation of
 * `machines_site_hostname` or `interfaces_site_mac` when somebody else was faster.
 */
export async function insertWholeMachines(
  tx: Db,
  all: readonly WholeMachine[],
): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (const slice of slices(all)) {
    const rows = await tx.insert(machines).values(slice.map(({ machine }) => machine))
      .returning({ id: machines.id, systemId: machines.systemId });
    rows.forEach(({ id, systemId }) => ids.set(systemId, id));
  }
  const idOf = ({ machine }: WholeMachine) => ids.get(machine.systemId) ?? 0;
  const cards = all.flatMap((each) =>
    each.macs.map((mac, i) => ({
      machineId: idOf(each),
      siteId: each.machine.siteId,
      name: `eth${i}`,
      mac,
    }))
  );
  for (const slice of slices(cards)) await tx.insert(interfaces).values([...slice]);
  const pairs = all.flatMap((each) =>
    each.tagIds.map((tagId) => ({ machineId: idOf(each), tagId }))
  );
  for (const slice of slices(pairs)) await tx.insert(machineTags).values([...slice]);
  return ids;
}

/** With few statements. */
export async function insertEvents(tx: Db, rows: readonly NewEvent[]): Promise<void> {
  for (const slice of slices(rows)) await tx.insert(events).values([...slice]);
}

function slices<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / ROWS_PER_STATEMENT);
  return Array.from(
    { length: count },
    (_, i) => all.slice(i * ROWS_PER_STATEMENT, (i + 1) * ROWS_PER_STATEMENT),
  );
}
