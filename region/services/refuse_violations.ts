import { violatedConstraint } from "@/region/db/constraint.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** What to say when a write breaks this constraint. */
export type Refusals = Readonly<Record<string, { code: string; message: string; field?: string }>>;

/** Runs a write; a violation of a named constraint becomes a `conflict`, anything else passes. */
export async function refuseViolations<T>(refusals: Refusals, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const refusal = refusals[violatedConstraint(cause) ?? ""];
    if (!refusal) throw cause;
    throw new DomainError({ kind: "conflict", ...refusal, cause });
  }
}
