import type { RegionContext } from "@/region/context.ts";
import {
  countMachinesWith,
  findTag,
  listTags as listRows,
  type TagRow,
} from "@/region/db/queries/tags.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { pageOf, parseCursor } from "@/region/services/page.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** A tag as people see it. */
export type TagView = ReturnType<typeof viewOf>;

/** Throws `not_found`. */
export async function getTag(ctx: RegionContext, caller: Caller, id: number): Promise<TagView> {
  requireRole(caller, "viewer");
  return await viewTag(ctx, mustFind(await findTag(ctx.db, id), "tag", id));
}

/** In the order of their making. */
export async function listTags(
  ctx: RegionContext,
  caller: Caller,
  query: { limit: number; cursor?: string },
): Promise<{ tags: TagView[]; nextCursor: string | null }> {
  requireRole(caller, "viewer");
  const { limit } = query;
  const rows = await listRows(ctx.db, { afterId: parseCursor(query.cursor) }, limit + 1);
  const { page, nextCursor } = pageOf(rows, limit);
  const counts = await countMachinesWith(ctx.db, page.map(({ id }) => id));
  return { tags: page.map((row) => viewOf(row, counts.get(row.id) ?? 0)), nextCursor };
}

export async function viewTag(ctx: RegionContext, row: TagRow): Promise<TagView> {
  const counts = await countMachinesWith(ctx.db, [row.id]);
  return viewOf(row, counts.get(row.id) ?? 0);
}

function viewOf(row: TagRow, machineCount: number) {
  const { id, name, comment, definition, kernelOptions, version } = row;
  const isEvaluated = row.pendingAfterId === null;
  const createdAt = row.createdAt.toISOString();
  return {
    id,
    name,
    comment,
    definition,
    kernelOptions,
    isEvaluated,
    machineCount,
    version,
    createdAt,
  };
}
