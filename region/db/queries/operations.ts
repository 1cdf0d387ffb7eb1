import { and, eq, inArray, type SQL } from "drizzle-orm";
import type { Failure } from "@/shared/contract/failure.ts";
import type { Db } from "../client.ts";
import {
  type NewOperation,
  type OperationRow,
  operations,
  type OperationState,
} from "../schema/operations.ts";
import { anyOf } from "./any_of.ts";
import type { ListOrder, Slice } from "./keyset.ts";
import { machinesInPools } from "./machines.ts";

export type { NewOperation, OperationRow, OperationState } from "../schema/operations.ts";

/** Undefined when there is none. */
export async function findOperation(db: Db, id: string): Promise<OperationRow | undefined> {
  const [row] = await db.select().from(operations).where(eq(operations.id, id));
  return row;
}

/** The one operation of a machine that is under way, if any. */
export async function findRunningOperation(
  db: Db,
  machineId: number,
): Promise<OperationRow | undefined> {
  const [row] = await db.select().from(operations)
    .where(and(eq(operations.machineId, machineId), eq(operations.state, "running")));
  return row;
}

/** What a list says of an operation under way: its plan is larger than all the rest. */
export type RunningOperation = Pick<
  OperationRow,
  "id" | "machineId" | "kind" | "phase" | "phaseStartedAt"
>;

/** Those under way on these machines, at most one each. */
export async function listRunningOperations(
  db: Db,
  machineIds: readonly number[],
): Promise<RunningOperation[]> {
  if (machineIds.length === 0) return [];
  const { id, machineId, kind, phase, phaseStartedAt } = operations;
  return await db.select({ id, machineId, kind, phase, phaseStartedAt }).from(operations)
    .where(and(anyOf(operations.machineId, machineIds), eq(operations.state, "running")));
}

export const OPERATION_ORDER: ListOrder = {
  columns: {
    askedAt: operations.askedAt,
    kind: operations.kind,
    state: operations.state,
    id: operations.id,
  },
  unique: ["id"],
  initial: [{ key: "askedAt", isDescending: true }],
};

export interface OperationFilter {
  readonly machineId?: number;
  readonly siteId?: string;
  readonly kind?: OperationRow["kind"];
  readonly state?: OperationState;
  /** Only operations of machines in these pools. */
  readonly poolIds?: readonly number[];
}

export async function listOperations(
  db: Db,
  filter: OperationFilter,
  { where, orderBy, limit }: Slice,
): Promise<OperationRow[]> {
  const conditions: (SQL | undefined)[] = [where];
  if (filter.machineId !== undefined) conditions.push(eq(operations.machineId, filter.machineId));
  if (filter.state !== undefined) conditions.push(eq(operations.state, filter.state));
  if (filter.poolIds !== undefined) {
    conditions.push(inArray(operations.machineId, machinesInPools(db, filter.poolIds)));
  }
  if (filter.siteId !== undefined) conditions.push(eq(operations.siteId, filter.siteId));
  if (filter.kind !== undefined) conditions.push(eq(operations.kind, filter.kind));
  return await db.select().from(operations).where(and(...conditions)).orderBy(...orderBy)
    .limit(limit);
}

/**
 * Throws a violation of `operations_one_running` while another one runs on the machine.
 */
export async function insertOperation(db: Db, operation: NewOperation): Promise<OperationRow> {
  const [row] = await db.insert(operations).values(operation).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Ends an operation that is running; undefined when it had ended already. */
export async function endOperation(
  db: Db,
  id: string,
  end: { state: Exclude<OperationState, "running">; endedAt: Date; failure?: Failure },
): Promise<OperationRow | undefined> {
  const [row] = await db.update(operations).set(end)
    .where(and(eq(operations.id, id), eq(operations.state, "running"))).returning();
  return row;
}
