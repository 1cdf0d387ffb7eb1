import type { RegionContext } from "@/region/context.ts";
import {
  insertEvents,
  listMachinesWithoutWork,
  lockMachines,
  setMachineStatus,
} from "@/region/db/queries/outcomes.ts";
import { findRunningOperation } from "@/region/db/queries/operations.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import {
  isInTransit,
  type MachineStatus,
  operationInTransit,
  standingAfterOperation,
} from "@/shared/machine/lifecycle.ts";

const MACHINES_PER_TICK_MAX = 100;

/**
 * Fails machines that say that something is being done to them while nothing is: an operation and its
 * machine's status change together, so only a fault of ours or a hand in the database leaves them so.
 */
export async function failLostWork(ctx: RegionContext): Promise<void> {
  for (const { id, siteId } of await listMachinesWithoutWork(ctx.db, MACHINES_PER_TICK_MAX)) {
    await failMachine(ctx, id, siteId);
  }
}

async function failMachine(ctx: RegionContext, id: number, siteId: string): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const [machine] = await lockMachines(tx, siteId, { ids: [id], systemIds: [] });
    // Looked at again under the lock: somebody may have acted on it meanwhile.
    if (!machine || !isInTransit(machine.status) || await findRunningOperation(tx, id)) return;
    const at = ctx.now();
    const failure = lost(machine.status);
    const to = standingAfterOperation(machine, operationInTransit(machine.status), "failed");
    await setMachineStatus(tx, id, { to, failure, at, isFreed: false });
    const { code, message } = failure;
    await insertEvents(tx, [{ at, siteId, machineId: id, level: "error", code, message }]);
    await bumpGeneration(tx, siteId);
  });
}

function lost(status: MachineStatus) {
  return {
    code: "operation.lost",
    message:
      `the machine was ${status}, but no operation was under way; ask again for what was meant`,
    phase: "",
    evidence: [],
  };
}
