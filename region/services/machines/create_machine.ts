import type { RegionContext } from "@/region/context.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import { insertInterfaces } from "@/region/db/queries/interfaces.ts";
import { insertMachine } from "@/region/db/queries/machines.ts";
import { DEFAULT_PLACEMENT_ID } from "@/region/db/queries/placements.ts";
import { bumpGeneration, findSite } from "@/region/db/queries/sites.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { type BmcInput, sealBmc } from "./bmc_access.ts";
import { makeSystemId } from "./make_system_id.ts";
import { type MachineView, viewMachines } from "./machine_view.ts";
import { isInScope } from "./machine_scope.ts";
import { auditView, changeMachineTags, resolvePlacement } from "./place_machine.ts";

export interface NewMachineInput {
  readonly siteId: string;
  readonly hostname?: string;
  /** The one it boots from first. */
  readonly macs: readonly string[];
  readonly architecture?: string;
  readonly bmc?: BmcInput;
  /** By name, like the pool and the tags; absent: the default one. */
  readonly zone?: string;
  readonly pool?: string;
  readonly domain?: string | null;
  readonly tags?: readonly string[];
  readonly description?: string;
}

/** Adds a machine by hand, as New. Throws `conflict` when its hostname or a MAC is taken. */
export async function createMachine(
  ctx: RegionContext,
  caller: Caller,
  input: NewMachineInput,
): Promise<MachineView> {
  requireRole(caller, "admin");
  const { siteId } = input;
  const macs = [...new Set(input.macs.map(parseMacAddress))];
  const systemId = makeSystemId(ctx);
  const hostname = input.hostname ?? `node-${systemId}`;
  const bmc = input.bmc ? await sealBmc(ctx, input.bmc) : null;
  const at = ctx.now();
  const machine = await refuseViolations(
    refusals(hostname),
    () =>
      ctx.db.transaction(async (tx) => {
        mustFind(await findSite(tx, siteId), "site", siteId);
        const named = await resolvePlacement(tx, caller, input);
        const placement = { poolId: DEFAULT_PLACEMENT_ID, ...named };
        mustFind(isInScope(caller, placement) || undefined, "pool", input.pool ?? "default");
        const made = await insertMachine(tx, {
          systemId,
          siteId,
          hostname,
          architecture: input.architecture ?? "amd64",
          status: "New",
          statusChangedAt: at,
          bmc,
          ...placement,
          description: input.description,
          createdAt: at,
        });
        await changeMachineTags(tx, made.id, input.tags ?? []);
        await insertInterfaces(tx, made, macs.map((mac, i) => ({ name: `eth${i}`, mac })));
        const message = `${hostname} was added by ${caller.username}`;
        const about = { at, siteId, machineId: made.id };
        await insertEvent(tx, { ...about, level: "info", code: "machine.added", message });
        const after = await auditView(tx, made);
        const change = { id: systemId, name: hostname, after };
        await recordChange(ctx, tx, caller, { action: "machine.create", ...change });
        await bumpGeneration(tx, siteId);
        return made;
      }),
  );
  await publishSoon(ctx, siteId);
  const [view] = await viewMachines(ctx, caller, [machine]);
  return mustFind(view, "machine", systemId);
}

export function refusals(hostname: string) {
  return {
    machines_site_hostname: {
      code: "machine.hostname_taken",
      message: `another machine of the site is named ${hostname}`,
      field: "hostname",
    },
    interfaces_site_mac: {
      code: "machine.mac_taken",
      message: "another machine of the site has one of these MAC addresses",
      field: "macs",
    },
  };
}
