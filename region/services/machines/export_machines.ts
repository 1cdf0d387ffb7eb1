import type { RegionContext } from "@/region/context.ts";
import { sliceOf } from "@/region/db/queries/keyset.ts";
import {
  type ListedMachineRow,
  listMachines,
  listWholeMachines,
  MACHINE_ORDER,
  type MachineFilter,
} from "@/region/db/queries/machine_list.ts";
import type { MachineRow } from "@/region/db/queries/machines.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { poolsInScope } from "./machine_scope.ts";
import { type ListedMachineView, viewListed } from "./machine_view.ts";
import type { MachineQuery } from "./read_machines.ts";

/** What is in memory at once, twice: the slice being sent and the one being read. */
const MACHINES_PER_SLICE = 1000;

/** A machine of an export; its inventory only when asked for. */
export type ExportedMachine = ListedMachineView & Partial<Pick<MachineRow, "inventory">>;

/**
 * All machines that fit, slice by slice in the order of their making, whatever their number.
 *
 * Each slice is as of when it is read: what is added meanwhile comes at the end. Throws `forbidden`
 * at once, not at the first slice.
 */
export function exportMachines(
  ctx: RegionContext,
  caller: Caller,
  { filter, hasInventory }: { filter: MachineQuery; hasInventory: boolean },
): AsyncGenerator<ExportedMachine[]> {
  requireRole(caller, "viewer");
  const scoped = { ...filter, poolIds: poolsInScope(caller) };
  return readSlices(ctx, caller, { filter: scoped, hasInventory });
}

interface Export {
  readonly filter: MachineFilter;
  readonly hasInventory: boolean;
}

async function* readSlices(ctx: RegionContext, caller: Caller, what: Export) {
  let next: Promise<Slice> | undefined = readSlice(ctx, caller, { ...what, afterId: 0 });
  while (next) {
    const { views, lastId }: Slice = await next;
    next = lastId === undefined ? undefined : readSlice(ctx, caller, { ...what, afterId: lastId });
    // A reader that goes away leaves this promise to nobody.
    next?.catch(() => {});
    if (views.length > 0) yield views;
  }
}

interface Slice {
  readonly views: ExportedMachine[];
  /** Absent: there are no more. */
  readonly lastId: number | undefined;
}

async function readSlice(
  ctx: RegionContext,
  caller: Caller,
  { filter, hasInventory, afterId }: Export & { afterId: number },
): Promise<Slice> {
  const slice = sliceOf(MACHINE_ORDER, MACHINE_ORDER.initial, {
    after: [afterId],
    limit: MACHINES_PER_SLICE,
  });
  const read = hasInventory ? listWholeMachines : listMachines;
  const rows: (ListedMachineRow & Partial<Pick<MachineRow, "inventory">>)[] = await read(
    ctx.db,
    filter,
    slice,
  );
  const listed = await viewListed(ctx, caller, rows);
  const views = hasInventory
    ? listed.map((view, i) => ({ ...view, inventory: rows[i]?.inventory ?? null }))
    : listed;
  return { views, lastId: rows.length < MACHINES_PER_SLICE ? undefined : rows.at(-1)?.id };
}
