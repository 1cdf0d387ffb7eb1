import type { RegionContext } from "@/region/context.ts";
import {
  countMachinesIn,
  findPlacement,
  listPlacements as listRows,
  type PlacementKind,
  type PlacementRow,
} from "@/region/db/queries/placements.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { pageOf, parseCursor } from "@/region/services/page.ts";
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

/** In the order of their making; of pools only those that the caller may know of. */
export async function listPlacements(
  ctx: RegionContext,
  caller: Caller,
  query: { kind: PlacementKind; limit: number; cursor?: string },
): Promise<{ placements: PlacementView[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { kind, limit } = query;
  const filter = {
    afterId: parseCursor(query.cursor),
    ids: kind === "pool" ? poolsInScope(caller) : undefined,
  };
  const { page, nextCursor } = pageOf(await listRows(ctx.db, kind, filter, limit + 1), limit);
  return { placements: await viewPlacements(ctx, kind, page), nextCursor };
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
