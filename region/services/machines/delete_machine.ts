import type { RegionContext } from "@/region/context.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import { deleteMachine as deleteMachineRow, findMachine } from "@/region/db/queries/machines.ts";
import { findRunningOperation } from "@/region/db/queries/operations.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** Forgets a machine. Throws `not_found`, or `conflict` while an operation runs on it. */
export async function deleteMachine(
  ctx: RegionContext,
  caller: Caller,
  systemId: string,
): Promise<void> {
  requireRole(caller, "admin");
  const siteId = await ctx.db.transaction(async (tx) => {
    const machine = mustFind(await findMachine(tx, systemId), "machine", systemId);
    const running = await findRunningOperation(tx, machine.id);
    if (running) {
      throw new DomainError({
        kind: "conflict",
        code: "machine.busy",
        message: `${running.kind} ${running.id} is under way; wait for it or abort it first`,
      });
    }
    await deleteMachineRow(tx, machine.id);
    await insertEvent(tx, {
      at: ctx.now(),
      siteId: machine.siteId,
      level: "info",
      code: "machine.deleted",
      message: `${machine.hostname} (${systemId}) was deleted by ${caller.username}`,
    });
    await bumpGeneration(tx, machine.siteId);
    return machine.siteId;
  });
  await publishSoon(ctx, siteId);
}
