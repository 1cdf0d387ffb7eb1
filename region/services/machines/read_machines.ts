import type { RegionContext } from "@/region/context.ts";
import { listMachines as listRows } from "@/region/db/queries/machines.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { pageOf, parseCursor } from "@/region/services/page.ts";
import type { MachineStatus } from "@/shared/machine/lifecycle.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope, poolsInScope } from "./machine_scope.ts";
import { type MachineView, viewMachines } from "./machine_view.ts";

/** Throws `not_found`. */
export async function getMachine(
  ctx: RegionContext,
  caller: Caller,
  systemId: string,
): Promise<MachineView> {
  requireRole(caller, "viewer");
  const row = await findMachineInScope(ctx.db, caller, systemId);
  const [view] = await viewMachines(ctx, caller, [row]);
  return mustFind(view, "machine", systemId);
}

/** A page of machines in the order of their making; `nextCursor` is null on the last one. */
export async function listMachines(
  ctx: RegionContext,
  caller: Caller,
  query: { siteId?: string; status?: MachineStatus; cursor?: string; limit: number },
): Promise<{ machines: MachineView[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { siteId, status, limit } = query;
  const filter = {
    siteId,
    status,
    poolIds: poolsInScope(caller),
    afterId: parseCursor(query.cursor),
  };
  const { page, nextCursor } = pageOf(await listRows(ctx.db, filter, limit + 1), limit);
  return { machines: await viewMachines(ctx, caller, page), nextCursor };
}
