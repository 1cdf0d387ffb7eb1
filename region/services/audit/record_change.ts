import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { insertAuditEntries, type NewAuditEntry } from "@/region/db/queries/audit.ts";
import type { Caller } from "../identity/caller.ts";
import { rememberRequest } from "../identity/repeatable_request.ts";

/** One change of one thing. */
export interface Change {
  /** `<kind>.<what was done>`, such as `subnet.update` or `machine.deploy`. */
  readonly action: `${string}.${string}`;
  /** As people call it: a system id, a row's number. */
  readonly id: string | number;
  readonly name?: string;
  /** What it was as people see it, without secrets; absent: it was made. */
  readonly before?: unknown;
  /** What it is now as people see it, without secrets; absent: it was removed. */
  readonly after?: unknown;
  /** The operation that it began. */
  readonly operationId?: string;
}

/** Who did it; `userId` null: an agent, or the region itself. */
export type Actor = Pick<Caller, "username" | "remoteAddress" | "requestId" | "repeatable"> & {
  readonly userId: number | null;
};

/**
 * Writes down who changed what, in the transaction that changes it: both happen or neither. So does
 * the memory of a request that may be repeated; throws `conflict` when it is a repeat itself.
 *
 * Every service verb that writes calls it; a test walks the routes and misses whoever does not.
 */
export async function recordChange(
  ctx: Pick<RegionContext, "now">,
  tx: Db,
  actor: Actor,
  change: Change,
): Promise<void> {
  await recordChanges(ctx, tx, actor, [change]);
}

/** The same for many changes of one request, with few statements. */
export async function recordChanges(
  ctx: Pick<RegionContext, "now">,
  tx: Db,
  actor: Actor,
  changes: readonly Change[],
): Promise<void> {
  const { userId, repeatable: request } = actor;
  const [first] = changes;
  if (!first) return;
  if (request && userId !== null) {
    await rememberRequest(ctx, tx, { userId, request }, first.operationId);
  }
  await insertAuditEntries(tx, changes.map((change) => entryOf(ctx, actor, change)));
}

function entryOf({ now }: Pick<RegionContext, "now">, actor: Actor, change: Change): NewAuditEntry {
  const [kind = ""] = change.action.split(".");
  return {
    at: now(),
    userId: actor.userId,
    username: actor.username,
    remoteAddress: actor.remoteAddress ?? null,
    requestId: actor.requestId ?? null,
    action: change.action,
    kind,
    objectId: String(change.id),
    objectName: change.name ?? null,
    before: change.before ?? null,
    after: change.after ?? null,
  };
}
