import type { RegionContext } from "@/region/context.ts";
import {
  IMAGE_ORDER,
  type ImageFilter,
  type ImageRow,
  listImages as listRows,
} from "@/region/db/queries/images.ts";
import { type Page, type PageRequest, readPage, sortNames } from "@/region/services/read_page.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

export const IMAGE_SORTS = sortNames(IMAGE_ORDER);

/** Newest first, unless asked otherwise. */
export async function listImages(
  ctx: RegionContext,
  caller: Caller,
  { kind, os, architecture, ...request }: PageRequest & ImageFilter,
): Promise<Page<ImageRow>> {
  requireRole(caller, "viewer");
  const filter = { kind, os, architecture };
  return await readPage(IMAGE_ORDER, request, (slice) => listRows(ctx.db, filter, slice));
}
