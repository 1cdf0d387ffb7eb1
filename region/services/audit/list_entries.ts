import type { RegionContext } from "@/region/context.ts";
import { type AuditFilter, type AuditRow, listAuditEntries } from "@/region/db/queries/audit.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** A page, newest first; `nextCursor` is null on the last one. */
export async function listEntries(
  ctx: RegionContext,
  caller: Caller,
  query: AuditFilter & { limit: number },
): Promise<{ entries: AuditRow[]; nextCursor: string | null }> {
  requireRole(caller, "admin");
  const { limit, ...filter } = query;
  const rows = await listAuditEntries(ctx.db, filter, limit + 1);
  const entries = rows.slice(0, limit);
  const last = entries.at(-1);
  return { entries, nextCursor: rows.length > limit && last ? String(last.id) : null };
}
