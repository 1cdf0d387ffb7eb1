import type { RegionContext } from "@/region/context.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import { deleteMachine as deleteMachineRow } from "@/region/db/queries/machines.ts";
import { findRunningOperation } from "@/region/db/queries/operations.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope } from "./machine_scope.ts";
import { auditView } from "./place_machine.ts";

/** Forgets a machine. Throws `not_found`, or `conflict` while an operation runs on it. */
export async function deleteMachine(
  ctx: RegionContext,
  caller: Caller,
  systemId: string,
): Promise<void> {
  requireRole(caller, "admin");
  const siteId = await ctx.db.transaction(async (tx) => {
    const machine = await findMachineInScope(tx, caller, systemId);
    if (machine.isLocked) {
      throw new DomainError({
        kind: "conflict",
        code: "machine.locked",
        message: `${machine.hostname} is locked; unlock it first`,
      });
    }
    const running = await findRunningOperation(tx, machine.id);
    if (running) {
      throw new DomainError({
        kind: "conflict",
        code: "machine.busy",
        message: `${running.kind} ${running.id} is under way; wait for it or abort it first`,
      });
    }
    const before = await auditView(tx, machine);
    await deleteMachineRow(tx, machine.id);
    const change = { id: systemId, name: machine.hostname, before };
    await recordChange(ctx, tx, caller, { action: "machine.delete", ...change });
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
