import { isOutage } from "@/region/db/outage.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

const RETRY_AFTER_SECONDS = 5;

/** What to tell the caller when the database is away or crowded; undefined for any other failure. */
export function databaseOutage(error: unknown): DomainError | undefined {
  const before = whatCameBefore(error);
  if (before || !isOutage(error)) return before;
  return new DomainError({
    kind: "unavailable",
    code: "database.unavailable",
    message: "the database does not answer, or has too much to do; try again",
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause: error,
  });
}

/** What kept a home from using the database at all; drizzle wraps it as its own. */
function whatCameBefore(error: unknown): DomainError | undefined {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    if (e instanceof DomainError) return e.kind === "unavailable" && depth > 0 ? e : undefined;
  }
  return undefined;
}
