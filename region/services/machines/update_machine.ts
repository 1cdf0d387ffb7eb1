import type { RegionContext } from "@/region/context.ts";
import { findMachine, moveMachine } from "@/region/db/queries/machines.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { type BmcInput, sealBmc } from "./bmc_access.ts";
import { refusals } from "./create_machine.ts";
import { type MachineView, viewMachines } from "./machine_view.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";

/** Renames a machine, or changes how its BMC is reached; null: it is switched by hand. */
export async function updateMachine(
  ctx: RegionContext,
  caller: Caller,
  input: { systemId: string; hostname?: string; bmc?: BmcInput | null },
): Promise<MachineView> {
  requireRole(caller, "admin");
  const { systemId, hostname } = input;
  const change = {
    ...(hostname === undefined ? {} : { hostname }),
    ...(input.bmc === undefined ? {} : { bmc: input.bmc && await sealBmc(ctx, input.bmc) }),
  };
  const machine = await retryOnChange(`machine ${systemId}`, async () => {
    const read = mustFind(await findMachine(ctx.db, systemId), "machine", systemId);
    return await refuseViolations(refusals(hostname ?? ""), () =>
      ctx.db.transaction(async (tx) => {
        const moved = await moveMachine(tx, read, change);
        if (!moved) throw new ChangedMeanwhile();
        await bumpGeneration(tx, read.siteId);
        return moved;
      }));
  });
  await publishSoon(ctx, machine.siteId);
  const [view] = await viewMachines(ctx, caller, [machine]);
  return mustFind(view, "machine", systemId);
}
