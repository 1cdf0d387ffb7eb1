import { and, asc, eq, inArray, isNull, lt, lte, ne, notExists, or, sql } from "drizzle-orm";
import type { Failure } from "@/shared/contract/failure.ts";
import type { Standing } from "@/shared/machine/lifecycle.ts";
import { IN_TRANSIT } from "@/shared/machine/statuses.ts";
import type { Db } from "../client.ts";
import { events, type NewEvent } from "../schema/events.ts";
import {
  type MachineBmc,
  type MachineRow,
  machines,
  type PowerFault,
  type PowerState,
} from "../schema/machines.ts";
import { type OperationRow, operations, type OperationState } from "../schema/operations.ts";
import { leases } from "../schema/subnets.ts";

export type { MachineRow, NewEvent, OperationRow };

/** What is asked of an operation before its outcome is applied. */
export interface OperationStanding {
  readonly operation: OperationRow;
  /** No later operation has moved its machine on; switching power does not. */
  readonly isNewest: boolean;
}

/** The machines of these operations, as far as they are of this site. */
export async function listOperationMachineIds(
  db: Db,
  siteId: string,
  operationIds: readonly string[],
): Promise<number[]> {
  if (operationIds.length === 0) return [];
  const rows = await db.selectDistinct({ id: operations.machineId }).from(operations)
    .where(and(eq(operations.siteId, siteId), inArray(operations.id, [...operationIds])));
  return rows.map(({ id }) => id);
}

/**
 * Machines of a site by number or system id; nobody else changes them until the transaction ends.
 *
 * Locked in the order of their numbers, so that two transactions never wait for each other.
 */
export async function lockMachines(
  tx: Db,
  siteId: string,
  which: { ids: readonly number[]; systemIds: readonly string[] },
): Promise<MachineRow[]> {
  const { ids, systemIds } = which;
  if (ids.length + systemIds.length === 0) return [];
  return await tx.select().from(machines)
    .where(and(
      eq(machines.siteId, siteId),
      or(
        ids.length > 0 ? inArray(machines.id, [...ids]) : undefined,
        systemIds.length > 0 ? inArray(machines.systemId, [...systemIds]) : undefined,
      ),
    ))
    .orderBy(asc(machines.id)).for("update");
}

/** Read after its machines are locked: then nobody ends them in between. */
export async function listOperationStandings(
  tx: Db,
  siteId: string,
  operationIds: readonly string[],
): Promise<OperationStanding[]> {
  if (operationIds.length === 0) return [];
  // Plain names: drizzle would leave out the table's, and then they would mean the inner one's.
  const isNewest = sql<boolean>`not exists (select 1 from operations as later
    where later.machine_id = operations.machine_id and later.asked_at > operations.asked_at
      and left(later.kind, 6) <> 'power_')`;
  return await tx.select({ operation: operations, isNewest }).from(operations)
    .where(and(eq(operations.siteId, siteId), inArray(operations.id, [...operationIds])));
}

/** The first report of a start counts. */
export async function markOperationStarted(tx: Db, id: string, at: Date): Promise<void> {
  await tx.update(operations).set({ startedAt: at })
    .where(and(eq(operations.id, id), isNull(operations.startedAt)));
}

/** Records an end, also over an earlier one; the caller holds the lock on the machine. */
export async function setOperationEnd(
  tx: Db,
  id: string,
  end: { state: Exclude<OperationState, "running">; endedAt: Date; failure: Failure | null },
): Promise<void> {
  await tx.update(operations).set(end).where(eq(operations.id, id));
}

/** Records where an operation is; the caller holds the lock on the machine. */
export async function setOperationPhase(
  tx: Db,
  id: string,
  at: { phase: string; phaseStartedAt: Date },
): Promise<void> {
  await tx.update(operations).set(at).where(eq(operations.id, id));
}

/** Moves a machine; the caller holds its lock, so nothing can be written over. */
export async function setMachineStatus(
  tx: Db,
  id: number,
  move: { to: Standing; failure: Failure | null; at: Date; isFreed: boolean },
): Promise<MachineRow | undefined> {
  const { to: { status, returnsTo }, failure, at: statusChangedAt } = move;
  const [row] = await tx.update(machines)
    .set({
      status,
      returnsTo: [...returnsTo],
      failure,
      statusChangedAt,
      statusComment: null,
      version: sql`${machines.version} + 1`,
      ...(move.isFreed ? { ownerUserId: null, agentName: "", ownerData: {}, imageId: null } : {}),
    })
    .where(eq(machines.id, id)).returning();
  return row;
}

/**
 * Records what a machine's power was at a time, unless something later is known.
 *
 * An observation, not intent: it leaves `version` alone, lest it refuse a person's change.
 */
export async function setPowerState(
  tx: Db,
  id: number,
  power: { state: PowerState; at: Date; fault: PowerFault | null },
): Promise<void> {
  const { state: powerState, at: powerStateAt, fault: powerFault } = power;
  await tx.update(machines).set({ powerState, powerStateAt, powerFault })
    .where(and(
      eq(machines.id, id),
      or(isNull(machines.powerStateAt), lte(machines.powerStateAt, power.at)),
    ));
}

/**
 * Notes that what is known of these machines' power was seen again; one statement for all.
 *
 * A machine that is not the site's, or whose state is another by now, is passed over.
 */
export async function confirmPowerStates(
  tx: Db,
  siteId: string,
  seen: readonly { systemId: string; state: PowerState; at: Date }[],
): Promise<void> {
  await tx.execute(sql`
    UPDATE machines SET power_state_at = seen.at, power_state = seen.state,
      power_fault = CASE WHEN seen.state = 'unknown' THEN machines.power_fault END
    FROM jsonb_to_recordset(${JSON.stringify(seen)}::jsonb)
      AS seen("systemId" text, state text, at timestamptz)
    WHERE machines.system_id = seen."systemId" AND machines.site_id = ${siteId}
      AND (machines.power_state_at IS NULL OR machines.power_state_at <= seen.at)`);
}

/** How a machine is switched from now on; undefined: somebody wrote it since it was read. */
export async function setBmc(
  tx: Db,
  { id, version }: MachineRow,
  bmc: MachineBmc,
): Promise<MachineRow | undefined> {
  const [row] = await tx.update(machines).set({ bmc, version: sql`${machines.version} + 1` })
    .where(and(eq(machines.id, id), eq(machines.version, version))).returning();
  return row;
}

/** Opens a lease; false when this MAC had the address already. Whoever had it before has lost it. */
export async function openLease(
  tx: Db,
  lease: {
    siteId: string;
    ipv4: string;
    mac: string;
    subnetId: number;
    hostname: string | null;
    givenAt: Date;
  },
): Promise<boolean> {
  await tx.update(leases).set({ endedAt: lease.givenAt }).where(and(
    eq(leases.siteId, lease.siteId),
    eq(leases.ipv4, lease.ipv4),
    isNull(leases.endedAt),
    ne(leases.mac, lease.mac),
  ));
  const opened = await tx.insert(leases).values(lease)
    .onConflictDoNothing({ target: [leases.siteId, leases.ipv4], where: isNull(leases.endedAt) })
    .returning({ id: leases.id });
  return opened.length > 0;
}

/** Ends the lease that this MAC has on an address, if it has. */
export async function endLease(
  tx: Db,
  lease: { siteId: string; ipv4: string; mac: string; endedAt: Date },
): Promise<void> {
  await tx.update(leases).set({ endedAt: lease.endedAt }).where(and(
    eq(leases.siteId, lease.siteId),
    eq(leases.ipv4, lease.ipv4),
    eq(leases.mac, lease.mac),
    isNull(leases.endedAt),
  ));
}

export async function insertEvents(tx: Db, rows: readonly NewEvent[]): Promise<void> {
  if (rows.length > 0) await tx.insert(events).values([...rows]);
}

/** Machines in a transient status with nothing under way. One cheap statement: few are in any. */
export async function listMachinesWithoutWork(
  db: Db,
  limit: number,
): Promise<Pick<MachineRow, "id" | "siteId">[]> {
  const running = db.select({ id: operations.id }).from(operations)
    .where(and(eq(operations.machineId, machines.id), eq(operations.state, "running")));
  return await db.select({ id: machines.id, siteId: machines.siteId }).from(machines)
    .where(and(inTransit, notExists(running))).orderBy(asc(machines.id)).limit(limit);
}

// As literals: a partial index answers only what is spelt as its own condition.
const inTransit = sql`${machines.status} in (${
  sql.raw(IN_TRANSIT.map((status) => `'${status}'`).join(", "))
})`;

/** Running operations whose deadline was before `time`, the longest overdue first. */
export async function listOverdueOperations(
  db: Db,
  time: Date,
  limit: number,
): Promise<Pick<OperationRow, "id" | "siteId">[]> {
  return await db.select({ id: operations.id, siteId: operations.siteId }).from(operations)
    .where(and(eq(operations.state, "running"), lt(operations.deadlineAt, time)))
    .orderBy(asc(operations.deadlineAt)).limit(limit);
}
