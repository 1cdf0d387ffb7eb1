import type { RegionContext } from "@/region/context.ts";
import { retryOnChange } from "@/region/services/retry_on_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope } from "./machine_scope.ts";
import { writeStorage } from "./machine_storage.ts";

/** What came of one destination. */
export interface CloneResult {
  readonly systemId: string;
  /** Null: it has the configuration now. */
  readonly refusal: { code: string; detail: string } | null;
}

/**
 * Gives other machines one machine's storage configuration; each succeeds or is refused by itself.
 *
 * Throws `not_found` when the machine to copy from is missing.
 */
export async function cloneMachine(
  ctx: RegionContext,
  caller: Caller,
  input: { systemId: string; to: readonly string[] },
): Promise<CloneResult[]> {
  requireRole(caller, "admin");
  const { storage: wish } = await findMachineInScope(ctx.db, caller, input.systemId);
  const results: CloneResult[] = [];
  for (const systemId of new Set(input.to)) {
    const attempt = () =>
      ctx.db.transaction(async (tx) => {
        const read = await findMachineInScope(tx, caller, systemId);
        await writeStorage(ctx, tx, caller, { read, wish, action: "machine.clone" });
      });
    results.push({ systemId, refusal: await refusalOf(systemId, attempt) });
  }
  return results;
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
