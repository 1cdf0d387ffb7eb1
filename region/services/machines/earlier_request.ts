import type { RegionContext } from "@/region/context.ts";
import { findOperationByKey, type OperationRow } from "@/region/db/queries/operations.ts";
import { sha256Hex } from "@/region/tokens/digest.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** A request that may be sent twice: the key its sender gave it, and what it asked for. */
export interface RepeatableRequest {
  readonly userId: number;
  readonly key: string;
  readonly hash: string;
}

/** `asked` must serialise the same way each time the same is asked. */
export async function hashRequest(asked: unknown): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(JSON.stringify(asked)));
}

/**
 * What the same user's same request started before; undefined when it is the first.
 *
 * Throws `conflict` when the key came with another request.
 */
export async function findEarlier(
  ctx: RegionContext,
  request: RepeatableRequest,
): Promise<OperationRow | undefined> {
  const earlier = await findOperationByKey(ctx.db, request.userId, request.key);
  if (!earlier || earlier.requestHash === request.hash) return earlier;
  throw new DomainError({
    kind: "conflict",
    code: "idempotency.key_reused",
    message: "this Idempotency-Key came with another request before; use a new one",
  });
}
