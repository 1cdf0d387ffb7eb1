import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { type MachineRow, moveMachine } from "@/region/db/queries/machines.ts";
import { checkStorage } from "@/region/domain/storage/check_storage.ts";
import { installStorageOf } from "@/region/domain/storage/installable.ts";
import { planStorage } from "@/region/domain/storage/layouts.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { readSettings, type Settings } from "@/region/services/settings/read_settings.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { StoragePlan, StorageWish } from "@/shared/machine/storage.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope, requireMachineOwner } from "./machine_scope.ts";

/** How a machine's disks shall be laid out, and whether that can be installed. */
export interface StorageView {
  readonly wish: StorageWish;
  /** The wish in full; null while no disk is known to plan it on. */
  readonly plan: StoragePlan | null;
  /** Why a deploy would refuse it; null: it would not. */
  readonly refusal: { code: string; detail: string } | null;
  /** The machine's. */
  readonly version: number;
}

/** Throws `not_found`. */
export async function getStorage(
  ctx: RegionContext,
  caller: Caller,
  systemId: string,
): Promise<StorageView> {
  requireRole(caller, "viewer");
  const machine = await findMachineInScope(ctx.db, caller, systemId);
  return viewOf(machine, await readSettings(ctx.db));
}

/**
 * Says how a machine's disks shall be laid out, from the next deploy on; for its owner and admins.
 *
 * Throws `invalid_input` with all that is wrong with it on the disks that were found, and `conflict`
 * while the machine is neither Ready nor Allocated.
 */
export async function setStorage(
  ctx: RegionContext,
  caller: Caller,
  input: { systemId: string; wish: StorageWish; ifVersion?: number },
): Promise<StorageView> {
  requireRole(caller, "operator");
  const { systemId, wish, ifVersion } = input;
  return await retryOnChange(`machine ${systemId}`, () =>
    ctx.db.transaction(async (tx) => {
      const read = await findMachineInScope(tx, caller, systemId);
      expectVersion(read, ifVersion);
      requireMachineOwner(caller, read);
      const change = { read, wish, action: "machine.storage" } as const;
      return viewOf(await writeStorage(ctx, tx, caller, change), await readSettings(tx));
    }));
}

/** The part that setting and cloning share, in the caller's transaction. */
export async function writeStorage(
  ctx: RegionContext,
  tx: Db,
  caller: Caller,
  change: {
    read: MachineRow;
    wish: StorageWish | null;
    action: "machine.storage" | "machine.clone";
  },
): Promise<MachineRow> {
  const { read, wish, action } = change;
  requireChangeable(read);
  if (wish) checkStorage(planStorage(wish, read.inventory), read.inventory?.disks ?? []);
  const moved = await moveMachine(tx, read, { storage: wish });
  if (!moved) throw new ChangedMeanwhile();
  const about = { id: read.systemId, name: read.hostname, before: read.storage, after: wish };
  await recordChange(ctx, tx, caller, { action, ...about });
  return moved;
}

/** As MAAS has it: afterwards its disks are what they are. */
function requireChangeable({ status, hostname }: MachineRow): void {
  if (status === "Ready" || status === "Allocated") return;
  throw new DomainError({
    kind: "conflict",
    code: "storage.not_changeable",
    value: status,
    accepted: "Ready, Allocated",
    message: `${hostname} is ${status}; its storage is changed while it is Ready or Allocated`,
  });
}

/** What its people asked for; where nobody did, what the region's settings say. */
export function storageWishOf(
  { storage }: Pick<MachineRow, "storage">,
  { storageLayout: layout }: Settings,
): StorageWish {
  return storage ?? { layout };
}

function viewOf(row: MachineRow, settings: Settings): StorageView {
  const { version } = row;
  const wish = storageWishOf(row, settings);
  const planned = attempt(() => planStorage(wish, row.inventory));
  const target = attempt(() => installStorageOf(wish, row.inventory));
  const refusal = target instanceof DomainError
    ? { code: target.code, detail: target.message }
    : null;
  return { wish, plan: planned instanceof DomainError ? null : planned, refusal, version };
}

function attempt<T>(work: () => T): T | DomainError {
  try {
    return work();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}
