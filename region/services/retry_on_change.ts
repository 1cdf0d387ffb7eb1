import { DomainError } from "@/shared/errors/domain_error.ts";

/** Facts arrive at any moment, so a lost race is normal; losing this many in a row is not. */
const ATTEMPTS_MAX = 5;

/** Thrown inside `retryOnChange` when the compare-and-set found another version. */
export class ChangedMeanwhile extends Error {}

/**
 * Runs read → decide → write again when somebody else wrote in between, so that the decision is
 * always made on what is there. Throws `conflict` when it never gets through.
 */
export async function retryOnChange<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  for (let i = 0; i < ATTEMPTS_MAX; i++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile)) throw error;
    }
  }
  throw new DomainError({
    kind: "conflict",
    code: "change.contended",
    message: `${what} is being changed by others; try again`,
  });
}
