import type { RegionContext } from "@/region/context.ts";
import type { MachineRow } from "@/region/db/queries/machines.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { retryOnChange } from "@/region/services/retry_on_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { cloneNetwork } from "../interfaces/clone_network.ts";
import { readNetwork } from "../interfaces/read_network.ts";
import { findMachineInScope } from "./machine_scope.ts";
import { writeStorage } from "./machine_storage.ts";

/** What came of one destination. */
export interface CloneResult {
  readonly systemId: string;
  /** Null: it has the configuration now. */
  readonly refusal: { code: string; detail: string } | null;
}

/** Which parts of the configuration are copied. */
export interface CloneInput {
  readonly systemId: string;
  readonly to: readonly string[];
  readonly hasStorage: boolean;
  readonly hasNetwork: boolean;
}

/**
 * Gives other machines one machine's configuration; each gets all that was asked for, or is refused
 * by itself.
 *
 * Throws `not_found` when the machine to copy from is missing.
 */
export async function cloneMachine(
  ctx: RegionContext,
  caller: Caller,
  { systemId: from, to, hasStorage, hasNetwork }: CloneInput,
): Promise<CloneResult[]> {
  requireRole(caller, "admin");
  const machine = await findMachineInScope(ctx.db, caller, from);
  const source = { machine, interfaces: await readNetwork(ctx.db, machine.id) };
  const results: CloneResult[] = [];
  for (const systemId of new Set(to)) {
    const attempt = () =>
      ctx.db.transaction(async (tx) => {
        let read = await findMachineInScope(tx, caller, systemId);
        if (read.id === machine.id) throw toItself(read);
        if (hasNetwork) read = await cloneNetwork(ctx, tx, caller, { source, read });
        const change = { read, wish: machine.storage, action: "machine.clone" } as const;
        if (hasStorage) await writeStorage(ctx, tx, caller, change);
      });
    results.push({ systemId, refusal: await refusalOf(systemId, attempt) });
  }
  if (hasNetwork) await publishSoon(ctx, machine.siteId);
  return results;
}

function toItself({ hostname }: MachineRow): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "clone.to_itself",
    message: `${hostname} is the machine to copy from; leave it out of the list`,
  });
}

async function refusalOf(
  systemId: string,
  attempt: () => Promise<void>,
): Promise<CloneResult["refusal"]> {
  try {
    await retryOnChange(`machine ${systemId}`, attempt);
    return null;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { code: error.code, detail: error.message };
  }
}
