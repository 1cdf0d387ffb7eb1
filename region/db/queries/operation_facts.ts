import { asc, inArray } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type FactRow, facts } from "../schema/facts.ts";

export type { FactRow } from "../schema/facts.ts";

/** A long deploy leaves a few hundred; this bounds what one answer reads. */
const FACTS_MAX = 20_000;

/** Facts of these operations in the order they came; of one agent, in the order it told them. */
export async function listFactsOfOperations(
  db: Db,
  operationIds: readonly string[],
): Promise<FactRow[]> {
  if (operationIds.length === 0) return [];
  return await db.select().from(facts).where(inArray(facts.operationId, [...operationIds]))
    .orderBy(asc(facts.receivedAt), asc(facts.agentId), asc(facts.seq)).limit(FACTS_MAX);
}
