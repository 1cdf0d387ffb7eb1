import { and, asc, inArray } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type FactRow, facts } from "../schema/facts.ts";

export type { FactRow } from "../schema/facts.ts";

/** A long deploy leaves a few hundred; this bounds what one answer reads. */
const FACTS_MAX = 20_000;

const IN_ORDER = [asc(facts.receivedAt), asc(facts.agentId), asc(facts.seq)];

/** Facts of these operations in the order they came; of one agent, in the order it told them. */
export async function listFactsOfOperations(
  db: Db,
  operationIds: readonly string[],
): Promise<FactRow[]> {
  if (operationIds.length === 0) return [];
  return await db.select().from(facts).where(inArray(facts.operationId, [...operationIds]))
    .orderBy(...IN_ORDER).limit(FACTS_MAX);
}

/** Only the facts of these kinds: a few for each operation. */
export async function listFactsOfKinds(
  db: Db,
  operationIds: readonly string[],
  kinds: readonly string[],
): Promise<Pick<FactRow, "operationId" | "body">[]> {
  if (operationIds.length === 0) return [];
  return await db.select({ operationId: facts.operationId, body: facts.body }).from(facts)
    .where(and(inArray(facts.operationId, [...operationIds]), inArray(facts.kind, [...kinds])))
    .orderBy(...IN_ORDER).limit(FACTS_MAX);
}
