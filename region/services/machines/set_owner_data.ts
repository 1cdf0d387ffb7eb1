import type { RegionContext } from "@/region/context.ts";
import { moveMachine } from "@/region/db/queries/machines.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope, requireMachineOwner } from "./machine_scope.ts";
import { type MachineView, viewMachines } from "./machine_view.ts";

const ENTRIES_MAX = 128;

/**
 * Changes what whoever has a machine says of it: names to texts, null takes a name out; the other
 * names stay. For its owner and admins; it is gone when the machine is released.
 */
export async function setOwnerData(
  ctx: RegionContext,
  caller: Caller,
  input: { systemId: string; data: Record<string, string | null>; ifVersion?: number },
): Promise<MachineView> {
  requireRole(caller, "operator");
  const { systemId, data } = input;
  const machine = await retryOnChange(
    `machine ${systemId}`,
    () =>
      ctx.db.transaction(async (tx) => {
        const read = await findMachineInScope(tx, caller, systemId);
        expectVersion(read, input.ifVersion);
        requireMachineOwner(caller, read);
        const merged = Object.entries({ ...read.ownerData, ...data });
        const ownerData = Object.fromEntries(
          merged.flatMap(([name, text]) => (text === null ? [] : [[name, text]])),
        );
        refuseTooMany(Object.keys(ownerData).length);
        const moved = await moveMachine(tx, read, { ownerData });
        if (!moved) throw new ChangedMeanwhile();
        await recordChange(ctx, tx, caller, {
          action: "machine.owner_data",
          id: systemId,
          name: read.hostname,
          before: read.ownerData,
          after: ownerData,
        });
        return moved;
      }),
  );
  const [view] = await viewMachines(ctx, caller, [machine]);
  return mustFind(view, "machine", systemId);
}

function refuseTooMany(count: number): void {
  if (count <= ENTRIES_MAX) return;
  throw new DomainError({
    kind: "invalid_input",
    code: "machine.too_much_owner_data",
    value: String(count),
    accepted: `at most ${ENTRIES_MAX} names`,
    message: `${count} names are too many; a machine may have ${ENTRIES_MAX}`,
  });
}
