import type { Db } from "@/region/db/client.ts";
import { findMachine, type MachineRow } from "@/region/db/queries/machines.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Caller } from "../identity/caller.ts";

/**
 * The pools that a caller is limited to; undefined: not limited.
 *
 * Every list that tells of machines is filtered by it, and every read or change of one machine goes
 * through `findMachineInScope`: this file alone says who may know of a machine.
 */
export function poolsInScope(caller: Caller): readonly number[] | undefined {
  return caller.poolIds;
}

/** Whether the caller may know of this machine. */
export function isInScope(caller: Caller, machine: Pick<MachineRow, "poolId">): boolean {
  return poolsInScope(caller)?.includes(machine.poolId) ?? true;
}

/** Throws `not_found` for a machine that is missing, or that the caller may not know of. */
export async function findMachineInScope(
  db: Db,
  caller: Caller,
  systemId: string,
): Promise<MachineRow> {
  const row = await findMachine(db, systemId);
  return mustFind(row && isInScope(caller, row) ? row : undefined, "machine", systemId);
}

/** Throws `forbidden` unless the machine is the caller's own, or the caller an admin. */
export function requireMachineOwner(
  caller: Caller,
  machine: Pick<MachineRow, "hostname" | "ownerUserId">,
): void {
  if (caller.role === "admin" || machine.ownerUserId === caller.userId) return;
  throw new DomainError({
    kind: "forbidden",
    code: "machine.not_yours",
    message: `${machine.hostname} is not yours; allocate it, or ask its owner or an admin`,
  });
}
