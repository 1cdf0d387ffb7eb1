import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { insertAuditEntry } from "@/region/db/queries/audit.ts";
import type { Caller } from "../identity/caller.ts";

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
}

/** Who did it; `userId` null: an agent, or the region itself. */
export type Actor = Pick<Caller, "username" | "remoteAddress" | "requestId"> & {
  readonly userId: number | null;
};

/**
 * Writes down who changed what, in the transaction that changes it: both happen or neither.
 *
 * Every service verb that writes calls it; a test walks the routes and misses whoever does not.
 */
export async function recordChange(
  ctx: Pick<RegionContext, "now">,
  tx: Db,
  actor: Actor,
  change: Change,
): Promise<void> {
  const [kind = ""] = change.action.split(".");
  await insertAuditEntry(tx, {
    at: ctx.now(),
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
  });
}
