/**
 * The name of the constraint or unique index that a statement violated; undefined for any other
 * error. Drizzle wraps the driver's error, so causes are searched too.
 */
export function violatedConstraint(error: unknown): string | undefined {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    if (!("code" in e) || !("constraint" in e)) continue;
    // PostgreSQL appendix A, class 23: integrity constraint violation.
    if (typeof e.code !== "string" || !e.code.startsWith("23")) continue;
    if (typeof e.constraint === "string") return e.constraint;
  }
  return undefined;
}
