import type { Db } from "@/region/db/client.ts";
import { listFactsOfKinds } from "@/region/db/queries/operation_facts.ts";
import { type OperationRow, setOperationPhase } from "@/region/db/queries/outcomes.ts";
import { knownFactsOf, phaseAfter } from "@/region/domain/operation_facts.ts";
import { PHASE_FACT_KINDS } from "@/shared/machine/boot_plan.ts";

const KINDS: ReadonlySet<string> = new Set(PHASE_FACT_KINDS);

/** Whether a fact of this kind can move its operation to another phase. */
export function canMovePhase(kind: string): boolean {
  return KINDS.has(kind);
}

/**
 * Writes down the phase that these operations are in now, so that nobody who lists machines has to
 * read facts; `tx` has stored the facts and holds the locks on the machines.
 *
 * One statement to read, and one for each operation that has moved on.
 */
export async function followPhases(tx: Db, operations: readonly OperationRow[]): Promise<void> {
  const facts = await listFactsOfKinds(tx, operations.map(({ id }) => id), PHASE_FACT_KINDS);
  for (const { id, plan, phase } of operations) {
    const at = plan && phaseAfter(plan, knownFactsOf(id, facts));
    if (at && at.phase !== phase) await setOperationPhase(tx, id, at);
  }
}
