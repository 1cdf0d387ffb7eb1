import type { RegionContext } from "@/region/context.ts";
import {
  COUNTED_BY,
  type CountedBy,
  countMachines as countRows,
  type MachineCount,
} from "@/region/db/queries/machine_counts.ts";
import {
  listMachines as listRows,
  MACHINE_ORDER,
  type MachineFilter,
} from "@/region/db/queries/machine_list.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Page, type PageRequest, readPage, sortNames } from "@/region/services/read_page.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { findMachineInScope, poolsInScope } from "./machine_scope.ts";
import {
  type ListedMachineView,
  type MachineView,
  viewListed,
  viewMachines,
} from "./machine_view.ts";

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

/** What machines can be chosen by. */
export type MachineQuery = Omit<MachineFilter, "poolIds">;

export const MACHINE_SORTS = sortNames(MACHINE_ORDER);

/** In the order of their making, unless asked otherwise; without their inventories. */
export async function listMachines(
  ctx: RegionContext,
  caller: Caller,
  { filter, ...request }: PageRequest & { filter: MachineQuery },
): Promise<Page<ListedMachineView>> {
  requireRole(caller, "viewer");
  const scoped = { ...filter, poolIds: poolsInScope(caller) };
  const page = await readPage(MACHINE_ORDER, request, (slice) => listRows(ctx.db, scoped, slice));
  return { rows: await viewListed(ctx, caller, page.rows), nextCursor: page.nextCursor };
}

export { COUNTED_BY };

/** How many of the machines that fit have each status, and so on for whatever is in `by`. */
export async function countMachines(
  ctx: RegionContext,
  caller: Caller,
  { by, filter }: { by: readonly CountedBy[]; filter: MachineQuery },
): Promise<Partial<Record<CountedBy, MachineCount[]>>> {
  requireRole(caller, "viewer");
  const scoped = { ...filter, poolIds: poolsInScope(caller) };
  const counts: Partial<Record<CountedBy, MachineCount[]>> = {};
  for (const each of new Set(by)) counts[each] = await countRows(ctx.db, each, scoped);
  return counts;
}
