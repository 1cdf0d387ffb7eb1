import type { RegionContext } from "@/region/context.ts";
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

export const MACHINE_SORTS = sortNames(MACHINE_ORDER);

/** In the order of their making, unless asked otherwise; without their inventories. */
export async function listMachines(
  ctx: RegionContext,
  caller: Caller,
  { siteId, status, ...request }: PageRequest & Omit<MachineFilter, "poolIds">,
): Promise<Page<ListedMachineView>> {
  requireRole(caller, "viewer");
  const filter = { siteId, status, poolIds: poolsInScope(caller) };
  const page = await readPage(MACHINE_ORDER, request, (slice) => listRows(ctx.db, filter, slice));
  return { rows: await viewListed(ctx, caller, page.rows), nextCursor: page.nextCursor };
}
