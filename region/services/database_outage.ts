import { isOutage } from "@/region/db/outage.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

const RETRY_AFTER_SECONDS = 5;

/** What to tell the caller when the database is away or crowded; undefined for any other failure. */
export function databaseOutage(error: unknown): DomainError | undefined {
  if (!isOutage(error)) return undefined;
  return new DomainError({
    kind: "unavailable",
    code: "database.unavailable",
    message: "the database does not answer, or has too much to do; try again",
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause: error,
  });
}
