import { and, eq, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type FactRow, facts, type NewFactRow } from "../schema/facts.ts";
import { machines } from "../schema/machines.ts";
import type { ListOrder, Slice } from "./keyset.ts";

export type { NewFactRow };

/** Appends facts; one that is there already stays as it is. */
export async function insertFacts(db: Db, rows: readonly NewFactRow[]): Promise<void> {
  if (rows.length === 0) return;
  await db.insert(facts).values([...rows]).onConflictDoNothing();
}

/** As they came; of one agent, in its own order. */
export const FACT_ORDER: ListOrder = {
  columns: { receivedAt: facts.receivedAt, at: facts.at, agentId: facts.agentId, seq: facts.seq },
  unique: ["agentId", "seq"],
  initial: [{ key: "receivedAt", isDescending: false }],
};

export interface FactFilter {
  readonly operationId?: string;
  readonly systemId?: string;
  /** Only facts about machines in these pools, and about no machine. */
  readonly poolIds?: readonly number[];
  readonly agentId?: string;
  readonly kind?: string;
}

export async function listFacts(
  db: Db,
  filter: FactFilter,
  { where, orderBy, limit }: Slice,
): Promise<FactRow[]> {
  const conditions: (SQL | undefined)[] = [where];
  if (filter.operationId !== undefined) conditions.push(eq(facts.operationId, filter.operationId));
  if (filter.systemId !== undefined) conditions.push(eq(facts.systemId, filter.systemId));
  if (filter.poolIds !== undefined) {
    const inPools = db.select({ systemId: machines.systemId }).from(machines)
      .where(inArray(machines.poolId, [...filter.poolIds]));
    const isInPools = inArray(facts.systemId, inPools);
    conditions.push(or(isNull(facts.systemId), isInPools) ?? isInPools);
  }
  if (filter.agentId !== undefined) conditions.push(eq(facts.agentId, filter.agentId));
  if (filter.kind !== undefined) conditions.push(eq(facts.kind, filter.kind));
  return await db.select().from(facts).where(and(...conditions)).orderBy(...orderBy).limit(limit);
}

/** Removes facts that came before this moment, at most `limit`. */
export async function deleteFactsBefore(db: Db, time: Date, limit: number): Promise<void> {
  // By their place in the table: the index knows blocks, not rows, and the key has two columns.
  await db.execute(sql`DELETE FROM facts WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM facts WHERE received_at < ${time.toISOString()} LIMIT ${limit}))`);
}
