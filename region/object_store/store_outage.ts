import { DomainError } from "@/shared/errors/domain_error.ts";

const RETRY_AFTER_SECONDS = 5;

/** What to tell the caller when the store does not do what it was asked, and may in a while. */
export function storeOutage(doing: string, cause: unknown): DomainError {
  return new DomainError({
    kind: "unavailable",
    code: "object_store.unavailable",
    message: `the object store does not answer (${doing}); try again`,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause,
  });
}

/** Does it; whatever the store throws is an outage. */
export async function orOutage<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw storeOutage(doing, error);
  }
}
