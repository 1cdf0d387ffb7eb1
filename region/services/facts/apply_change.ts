import type { RegionContext } from "@/region/context.ts";
import { endBmcScan } from "@/region/db/queries/bmc_scans.ts";
import { deleteAutoAddresses } from "@/region/db/queries/machine_network.ts";
import { findMachine, findMachineById } from "@/region/db/queries/machines.ts";
import {
  confirmPowerStates,
  endLease,
  type MachineRow,
  markOperationStarted,
  openLease,
  setBmc,
  setMachineStatus,
  setOperationEnd,
  setPowerState,
} from "@/region/db/queries/outcomes.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import { updateScriptResult } from "@/region/db/queries/scripts.ts";
import type { Change } from "@/region/domain/projection.ts";
import type { NewsItem } from "@/region/domain/projection_news.ts";
import { enlistMachine } from "@/region/services/machines/enlist_machine.ts";
import { sealBmc } from "@/region/services/machines/bmc_access.ts";
import { recordInventory } from "@/region/services/machines/record_inventory.ts";
import { openSiteKey } from "@/region/tokens/site_key.ts";
import { unsealText } from "@/region/tokens/seal.ts";
import { type FactScope, macOf, type Subject } from "./fact_scope.ts";

/** Where and when a change happened. */
export interface Occasion {
  readonly siteId: string;
  /** The fact's own time. */
  readonly at: Date;
  readonly mac?: string;
}

/** What a change leads to besides itself. */
export interface Consequence {
  /** The site's state document must say something else now. */
  readonly changesState: boolean;
  /** A line for the timeline that only the writing could tell. */
  readonly item?: NewsItem;
  /** A machine that was not known before. */
  readonly machine?: MachineRow;
}

const NONE: Consequence = { changesState: false };
const STATE: Consequence = { changesState: true };

/** Writes one change of the projection; `ctx.db` is the transaction of the batch. */
export async function applyChange(
  ctx: RegionContext,
  scope: FactScope,
  change: Exclude<Change, { kind: "news" }>,
  about: { occasion: Occasion; subject: Subject },
): Promise<Consequence> {
  const { occasion: { siteId, at, mac }, subject: { machine, standing } } = about;
  switch (change.kind) {
    case "enlist":
      return await enlist(ctx, scope, change, about.occasion);
    case "inventory":
      if (!machine) return NONE;
      await recordInventory(ctx.db, machine.id, change.inventory);
      scope.putMachine(await findMachineById(ctx.db, machine.id) ?? machine);
      return STATE;
    case "lease_given":
      return await giveLease(ctx, change, about.occasion);
    case "lease_ended":
      if (mac) await endLease(ctx.db, { siteId, ipv4: change.ipv4, mac, endedAt: at });
      return NONE;
    case "power":
      if (machine) {
        const { state, fault } = change;
        await setPowerState(ctx.db, machine.id, { state, at, fault });
      }
      return NONE;
    case "power_confirmed":
      await confirmPowerStates(
        ctx.db,
        siteId,
        change.machines.map((each) => ({ ...each, at: new Date(each.at) })),
      );
      return NONE;
    case "bmc_certificate":
      return machine ? await pinCertificate(ctx, scope, machine, change) : NONE;
    case "bmc_found":
      return machine ? await takeBmc(ctx, scope, machine, change) : NONE;
    case "bmc_scan_ended": {
      const { scanId: id, message, found } = change;
      return await endBmcScan(ctx.db, { id, siteId }, { at, message, found }) ? STATE : NONE;
    }
    case "operation_started":
      if (standing) await markOperationStarted(ctx.db, standing.operation.id, at);
      return NONE;
    case "script_started":
      if (standing) {
        const which = { operationId: standing.operation.id, number: change.number };
        await updateScriptResult(ctx.db, which, { state: "running", startedAt: at });
      }
      return NONE;
    case "script_ended": {
      if (!standing) return NONE;
      const { kind: _kind, number, ...result } = change;
      const which = { operationId: standing.operation.id, number };
      await updateScriptResult(ctx.db, which, { ...result, endedAt: at });
      return NONE;
    }
    case "operation_ended": {
      if (!standing) return NONE;
      const { state, failure } = change;
      await setOperationEnd(ctx.db, standing.operation.id, { state, failure, endedAt: at });
      const operation = { ...standing.operation, state, failure, endedAt: at };
      scope.putStanding({ ...standing, operation });
      return STATE;
    }
    case "machine_moved": {
      if (!machine) return NONE;
      const { to, failure, isFreed } = change;
      const moved = await setMachineStatus(ctx.db, machine.id, { to, failure, isFreed, at });
      if (isFreed) await deleteAutoAddresses(ctx.db, machine.id);
      scope.putMachine(moved ?? machine);
      return STATE;
    }
  }
}

/** The first certificate that the machine's own BMC shows is held against all later ones. */
async function pinCertificate(
  ctx: RegionContext,
  scope: FactScope,
  machine: MachineRow,
  { address, port, sha256 }: Change & { kind: "bmc_certificate" },
): Promise<Consequence> {
  const { bmc } = machine;
  const isIts = bmc?.kind === "redfish" && bmc.address === address && bmc.port === port;
  if (!isIts || bmc.certificateSha256 !== undefined) return NONE;
  const changed = await setBmc(ctx.db, machine, { ...bmc, certificateSha256: sha256 });
  if (!changed) return NONE;
  scope.putMachine(changed);
  const message = `the certificate of its BMC at ${address} is pinned: SHA-256 ${sha256}`;
  return { changesState: true, item: { level: "info", code: "bmc.certificate_pinned", message } };
}

/** A BMC that the machine found itself, unless a person was faster. */
async function takeBmc(
  ctx: RegionContext,
  scope: FactScope,
  machine: MachineRow,
  { address, username, sealedPassword }: Change & { kind: "bmc_found" },
): Promise<Consequence> {
  if (machine.bmc) return NONE;
  const site = await findSite(ctx.db, machine.siteId);
  if (!site) return NONE;
  const siteKey = await openSiteKey(ctx.secrets.sealKey, site);
  const password = await unsealText(siteKey, sealedPassword);
  const input = { kind: "ipmi", address, username, password, privilege: "administrator" } as const;
  const changed = await setBmc(ctx.db, machine, await sealBmc(ctx, input));
  if (!changed) return NONE;
  scope.putMachine(changed);
  const message = `its BMC at ${address} was found, with a user ${username} made for it`;
  return { changesState: true, item: { level: "info", code: "bmc.taken", message } };
}

async function enlist(
  ctx: RegionContext,
  scope: FactScope,
  change: Change & { kind: "enlist" },
  { siteId, at }: Occasion,
): Promise<Consequence> {
  const { inventory } = change;
  const mac = macOf(change.mac);
  if (mac === undefined) return NONE;
  const { systemId } = await enlistMachine(ctx, ctx.db, { siteId, mac, inventory, at });
  const machine = await findMachine(ctx.db, systemId);
  if (machine) scope.putMachine(machine, mac);
  return { changesState: true, machine };
}

async function giveLease(
  ctx: RegionContext,
  change: Change & { kind: "lease_given" },
  { siteId, at, mac }: Occasion,
): Promise<Consequence> {
  if (mac === undefined) return NONE;
  const { ipv4, subnetId, hostname = null } = change;
  const isNew = await openLease(ctx.db, { siteId, ipv4, mac, subnetId, hostname, givenAt: at });
  if (!isNew) return NONE;
  const item = { level: "info", code: "lease.given", message: `got the address ${ipv4}` } as const;
  return { changesState: false, item };
}
