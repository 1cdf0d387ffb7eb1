import type { RegionContext } from "@/region/context.ts";
import {
  countMachinesWith,
  findTag,
  listTags as listRows,
  TAG_ORDER,
  type TagRow,
} from "@/region/db/queries/tags.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Page, type PageRequest, readPage, sortNames } from "@/region/services/read_page.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** A tag as people see it. */
export type TagView = ReturnType<typeof viewOf>;

/** Throws `not_found`. */
export async function getTag(ctx: RegionContext, caller: Caller, id: number): Promise<TagView> {
  requireRole(caller, "viewer");
  return await viewTag(ctx, mustFind(await findTag(ctx.db, id), "tag", id));
}

export const TAG_SORTS = sortNames(TAG_ORDER);

/** In the order of their making, unless asked otherwise. */
export async function listTags(
  ctx: RegionContext,
  caller: Caller,
  request: PageRequest,
): Promise<Page<TagView>> {
  requireRole(caller, "viewer");
  const page = await readPage(TAG_ORDER, request, (slice) => listRows(ctx.db, slice));
  const counts = await countMachinesWith(ctx.db, page.rows.map(({ id }) => id));
  const rows = page.rows.map((row) => viewOf(row, counts.get(row.id) ?? 0));
  return { rows, nextCursor: page.nextCursor };
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
