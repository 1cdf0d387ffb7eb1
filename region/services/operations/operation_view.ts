import type { FactRow } from "@/region/db/queries/operation_facts.ts";
import type { OperationRow } from "@/region/db/queries/operations.ts";
import { knownFactsOf } from "@/region/domain/operation_facts.ts";
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
    erase: row.erase,
    comment: row.comment,
    askedAt: row.askedAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    deadlineAt: row.deadlineAt?.toISOString() ?? null,
    failure: row.failure,
    phase: row.phase,
    phaseStartedAt: row.phaseStartedAt?.toISOString() ?? null,
  };
}

/** What is known of it from its facts: where its time went. */
export function viewProgress(row: OperationRow, facts: readonly FactRow[], nowMs: number) {
  const endMs = row.endedAt?.getTime() ?? nowMs;
  return {
    spans: waterfall(row.askedAt.getTime(), knownFactsOf(row.id, facts), endMs),
    installScript: row.installScript,
  };
}
