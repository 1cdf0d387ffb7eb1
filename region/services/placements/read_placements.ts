import type { RegionContext } from "@/region/context.ts";
import type { Slice } from "@/region/db/queries/keyset.ts";
import {
  countMachinesIn,
  findPlacement,
  listPlacements as listRows,
  type PlacementKind,
  placementOrder,
  type PlacementRow,
} from "@/region/db/queries/placements.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Page, type PageRequest, readPage, sortNames } from "@/region/services/read_page.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { poolsInScope } from "../machines/machine_scope.ts";

/** A zone or pool as people see it. */
export type PlacementView = ReturnType<typeof viewOf>;

/** Throws `not_found`. */
export async function getPlacement(
  ctx: RegionContext,
  caller: Caller,
  { kind, id }: { kind: PlacementKind; id: number },
): Promise<PlacementView> {
  requireRole(caller, "viewer");
  const hidden = kind === "pool" && poolsInScope(caller)?.includes(id) === false;
  const row = hidden ? undefined : await findPlacement(ctx.db, kind, { id });
  const [view] = await viewPlacements(ctx, kind, [mustFind(row, kind, id)]);
  return mustFind(view, kind, id);
}

/** Zones and pools alike. */
export const PLACEMENT_SORTS = sortNames(placementOrder("zone"));

/** In the order of their making, unless asked otherwise; of pools only those that the caller may know of. */
export async function listPlacements(
  ctx: RegionContext,
  caller: Caller,
  { kind, ...request }: PageRequest & { kind: PlacementKind },
): Promise<Page<PlacementView>> {
  requireRole(caller, "viewer");
  const ids = kind === "pool" ? poolsInScope(caller) : undefined;
  const read = (slice: Slice) => listRows(ctx.db, kind, ids, slice);
  const { rows, nextCursor } = await readPage(placementOrder(kind), request, read);
  return { rows: await viewPlacements(ctx, kind, rows), nextCursor };
}

/** With a constant number of queries. */
export async function viewPlacements(
  ctx: Pick<RegionContext, "db">,
  kind: PlacementKind,
  rows: readonly PlacementRow[],
): Promise<PlacementView[]> {
  const counts = await countMachinesIn(ctx.db, kind, rows.map(({ id }) => id));
  return rows.map((row) => viewOf(row, counts.get(row.id) ?? 0));
}

function viewOf(row: PlacementRow, machineCount: number) {
  const { id, name, description, version } = row;
  return { id, name, description, machineCount, version, createdAt: row.createdAt.toISOString() };
}
