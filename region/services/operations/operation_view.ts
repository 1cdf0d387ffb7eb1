import type { FactRow } from "@/region/db/queries/operation_facts.ts";
import type { OperationRow } from "@/region/db/queries/operations.ts";
import { KnownFact } from "@/shared/contract/facts.ts";
import { stepBootPlan } from "@/shared/machine/boot_plan.ts";
import { waterfall } from "@/shared/machine/waterfall.ts";

/** An operation as people see it. */
export type OperationView = ReturnType<typeof viewOperation>;

export function viewOperation(row: OperationRow, systemId: string) {
  return {
    id: row.id,
    kind: row.kind,
    machine: systemId,
    siteId: row.siteId,
    state: row.state,
    imageId: row.imageId,
    askedAt: row.askedAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    deadlineAt: row.deadlineAt?.toISOString() ?? null,
    failure: row.failure,
  };
}

/** What is known of it from its facts: where it stands, and where its time went. */
export function viewProgress(row: OperationRow, facts: readonly FactRow[], nowMs: number) {
  const endMs = row.endedAt?.getTime() ?? nowMs;
  return {
    phase: phaseOf(row, facts, nowMs),
    spans: waterfall(row.askedAt.getTime(), factsOf(row, facts), endMs),
    installScript: row.installScript,
  };
}

/** The phase of its boot plan that it is in, or ended in; null when it has no plan. */
export function phaseOf(
  row: OperationRow,
  facts: readonly FactRow[],
  nowMs: number,
): string | null {
  if (!row.plan) return null;
  const untilMs = row.endedAt?.getTime() ?? nowMs;
  return stepBootPlan(row.plan, factsOf(row, facts), untilMs).phase.name;
}

/** Kinds that this version does not know tell it nothing. */
function factsOf(row: OperationRow, facts: readonly FactRow[]): KnownFact[] {
  return facts.filter((fact) => fact.operationId === row.id).flatMap(({ body }) => {
    const known = KnownFact.safeParse(body);
    return known.success ? [known.data] : [];
  });
}
