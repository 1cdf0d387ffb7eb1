import { and, desc, eq, inArray, isNull, or, type SQL } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type FactRow, facts, type NewFactRow } from "../schema/facts.ts";
import { machines } from "../schema/machines.ts";

export type { NewFactRow };

/** Appends facts; one that is there already stays as it is. */
export async function insertFacts(db: Db, rows: readonly NewFactRow[]): Promise<void> {
  if (rows.length === 0) return;
  await db.insert(facts).values([...rows]).onConflictDoNothing();
}

export interface FactFilter {
  readonly operationId?: string;
  readonly systemId?: string;
  /** Only facts about machines in these pools, and about no machine. */
  readonly poolIds?: readonly number[];
}

/** The last `limit` facts that fit, oldest first: by agent, each agent's in its own order. */
export async function listFacts(db: Db, filter: FactFilter, limit: number): Promise<FactRow[]> {
  const conditions: SQL[] = [];
  if (filter.operationId !== undefined) conditions.push(eq(facts.operationId, filter.operationId));
  if (filter.systemId !== undefined) conditions.push(eq(facts.systemId, filter.systemId));
  if (filter.poolIds !== undefined) {
    const inPools = db.select({ systemId: machines.systemId }).from(machines)
      .where(inArray(machines.poolId, [...filter.poolIds]));
    const isInPools = inArray(facts.systemId, inPools);
    conditions.push(or(isNull(facts.systemId), isInPools) ?? isInPools);
  }
  const newest = await db.select().from(facts).where(and(...conditions))
    .orderBy(desc(facts.receivedAt), desc(facts.agentId), desc(facts.seq)).limit(limit);
  return newest.reverse();
}
