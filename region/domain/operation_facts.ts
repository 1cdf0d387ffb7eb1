import { KnownFact } from "@/shared/contract/facts.ts";
import { type BootPlan, stepBootPlan } from "@/shared/machine/boot_plan.ts";

/** A fact as it is stored. */
export interface StoredFact {
  readonly operationId: string | null;
  readonly body: unknown;
}

/** The facts of one operation, in their order; kinds that this version does not know tell nothing. */
export function knownFactsOf(operationId: string, facts: readonly StoredFact[]): KnownFact[] {
  return facts.filter((fact) => fact.operationId === operationId).flatMap(({ body }) => {
    const known = KnownFact.safeParse(body);
    return known.success ? [known.data] : [];
  });
}

/** The phase that a plan is in after these facts, and since when; undefined before the first. */
export function phaseAfter(
  plan: BootPlan,
  facts: readonly KnownFact[],
): { phase: string; phaseStartedAt: Date } | undefined {
  const last = facts.at(-1);
  if (!last) return undefined;
  const { phase, sinceMs } = stepBootPlan(plan, facts, Date.parse(last.at));
  return { phase: phase.name, phaseStartedAt: new Date(sinceMs) };
}
