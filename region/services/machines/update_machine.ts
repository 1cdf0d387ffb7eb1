import type { RegionContext } from "@/region/context.ts";
import { moveMachine } from "@/region/db/queries/machines.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { type BmcChange, sealBmc } from "./bmc_access.ts";
import { refusals } from "./create_machine.ts";
import { findMachineInScope } from "./machine_scope.ts";
import { type MachineView, viewMachines } from "./machine_view.ts";
import { auditView, changeMachineTags, resolvePlacement, type TagsInput } from "./place_machine.ts";

export interface MachineChangeInput {
  readonly systemId: string;
  readonly hostname?: string;
  /** Null: it is switched by hand. */
  readonly bmc?: BmcChange | null;
  readonly description?: string;
  readonly zone?: string;
  readonly pool?: string;
  /** Null: the default one. */
  readonly domain?: string | null;
  readonly tags?: TagsInput;
  readonly ifVersion?: number;
}

/** Changes what people say of a machine: its name, its BMC, where it belongs, what it is for. */
export async function updateMachine(
  ctx: RegionContext,
  caller: Caller,
  input: MachineChangeInput,
): Promise<MachineView> {
  requireRole(caller, "admin");
  const { systemId, hostname, description } = input;
  const change = {
    ...(hostname === undefined ? {} : { hostname }),
    ...(description === undefined ? {} : { description }),
  };
  const attempt = () =>
    ctx.db.transaction(async (tx) => {
      const read = await findMachineInScope(tx, caller, systemId);
      expectVersion(read, input.ifVersion);
      const before = await auditView(tx, read);
      const placement = await resolvePlacement(tx, caller, input);
      const bmc = input.bmc === undefined
        ? {}
        : { bmc: input.bmc && await sealBmc(ctx, input.bmc, read.bmc) };
      const moved = await moveMachine(tx, read, { ...change, ...bmc, ...placement });
      if (!moved) throw new ChangedMeanwhile();
      if (input.tags) await changeMachineTags(tx, moved.id, input.tags);
      const about = { id: systemId, name: moved.hostname, before };
      const after = await auditView(tx, moved);
      await recordChange(ctx, tx, caller, { action: "machine.update", ...about, after });
      await bumpGeneration(tx, read.siteId);
      return moved;
    });
  const machine = await refuseViolations(
    refusals(hostname ?? ""),
    () => retryOnChange(`machine ${systemId}`, attempt),
  );
  await publishSoon(ctx, machine.siteId);
  const [view] = await viewMachines(ctx, caller, [machine]);
  return mustFind(view, "machine", systemId);
}
