import type { RegionContext } from "@/region/context.ts";
import { findLastHeard } from "@/region/db/queries/agents.ts";
import { findOperation } from "@/region/db/queries/operations.ts";
import {
  insertEvents,
  listOverdueOperations,
  lockMachines,
  setMachineStatus,
  setOperationEnd,
} from "@/region/db/queries/outcomes.ts";
import { bumpGeneration, findSite } from "@/region/db/queries/sites.ts";
import { NO_REPORT_CODE, noReportFailure } from "@/region/domain/projection.ts";
import type { Settings } from "@/region/services/settings/read_settings.ts";
import { movesMachine, standingAfterOperation } from "@/shared/machine/lifecycle.ts";

const OPERATIONS_PER_TICK_MAX = 100;

/**
 * Fails operations of which the site has not reported an end long after their deadline: it ends them
 * by itself, and the word of it takes a while.
 *
 * The site may still be at it, cut off from here; what it reports later overrides this.
 */
export async function giveUpSilentOperations(
  ctx: RegionContext,
  { noReportMinutes }: Settings,
): Promise<void> {
  const overdueSince = new Date(ctx.now().getTime() - noReportMinutes * 60_000);
  const overdue = await listOverdueOperations(ctx.db, overdueSince, OPERATIONS_PER_TICK_MAX);
  for (const { id } of overdue) await giveUp(ctx, id);
}

async function giveUp(ctx: RegionContext, operationId: string): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const found = await findOperation(tx, operationId);
    if (!found) return;
    const { siteId, machineId } = found;
    const [machine] = await lockMachines(tx, siteId, { ids: [machineId], systemIds: [] });
    // Read again under the lock: it may have ended meanwhile.
    const operation = await findOperation(tx, operationId);
    if (!machine || operation?.state !== "running") return;
    const at = ctx.now();
    const failure = noReportFailure({
      kind: operation.kind,
      siteName: (await findSite(tx, siteId))?.name ?? siteId,
      lastHeard: await findLastHeard(tx, siteId),
      now: at,
    });
    await setOperationEnd(tx, operationId, { state: "failed", failure, endedAt: at });
    if (movesMachine(operation.kind)) {
      const to = standingAfterOperation(machine, operation.kind, "failed");
      await setMachineStatus(tx, machineId, { to, failure, at, isFreed: false });
    }
    await insertEvents(tx, [{
      at,
      siteId,
      machineId,
      operationId,
      level: "error",
      code: NO_REPORT_CODE,
      message: failure.message,
    }]);
    await bumpGeneration(tx, siteId);
  });
}
