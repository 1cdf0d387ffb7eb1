import type { RegionContext } from "@/region/context.ts";
import { type ImageRow, listImages as listRows } from "@/region/db/queries/images.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** Newest first. */
export async function listImages(
  ctx: RegionContext,
  caller: Caller,
  limit: number,
): Promise<ImageRow[]> {
  requireRole(caller, "viewer");
  return await listRows(ctx.db, limit);
}
