import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { findOperation, type OperationRow } from "@/region/db/queries/operations.ts";
import {
  findRepeatableRequest,
  insertRepeatableRequest,
} from "@/region/db/queries/repeatable_requests.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { sha256Hex } from "@/region/tokens/digest.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** A request that may be sent twice: the key its sender gave it, and what it asked for. */
export interface RepeatableRequest {
  readonly userId: number;
  readonly key: string;
  readonly hash: string;
}

/** What the first one led to; no operation: it was done as soon as it was recorded. */
export interface EarlierOutcome {
  readonly operation?: OperationRow;
}

/** `asked` must serialise the same way each time the same is asked. */
export async function hashRequest(asked: unknown): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(JSON.stringify(asked)));
}

/**
 * What the same user's same request led to before; undefined when it is the first.
 *
 * Throws `conflict` when the key came with another request.
 */
export async function findEarlier(
  ctx: RegionContext,
  request: RepeatableRequest,
): Promise<EarlierOutcome | undefined> {
  const earlier = await findRepeatableRequest(ctx.db, request.userId, request.key);
  if (!earlier) return undefined;
  if (earlier.requestHash === request.hash) {
    const { operationId } = earlier;
    return { operation: operationId ? await findOperation(ctx.db, operationId) : undefined };
  }
  throw new DomainError({
    kind: "conflict",
    code: "idempotency.key_reused",
    message: "this Idempotency-Key came with another request before; use a new one",
  });
}

/** Writes down what a request led to, in the transaction that does it. */
export async function rememberRequest(
  ctx: RegionContext,
  tx: Db,
  { userId, key, hash }: RepeatableRequest,
  operationId: string | undefined,
): Promise<void> {
  const row = { userId, key, requestHash: hash, operationId: operationId ?? null, at: ctx.now() };
  await refuseViolations(REFUSALS, () => insertRepeatableRequest(tx, row));
}

/** Two requests that raced past the check: the database lets one through. */
const REFUSALS = {
  repeatable_requests_pkey: {
    code: "idempotency.in_progress",
    message: "a request with this Idempotency-Key is being carried out; ask again",
  },
};
