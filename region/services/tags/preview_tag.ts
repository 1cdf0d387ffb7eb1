import type { RegionContext } from "@/region/context.ts";
import { listInventories } from "@/region/db/queries/machines.ts";
import { matchesExpression } from "@/region/domain/tag_expression/evaluate.ts";
import { parseTagExpression } from "@/region/domain/tag_expression/parse.ts";
import { formatRowCursor, parseRowCursor } from "@/region/services/read_page.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { poolsInScope } from "../machines/machine_scope.ts";

const MACHINES_PER_READ = 1000;
/** An answer comes after this many, found or not; its cursor leads on. */
const MACHINES_EXAMINED_MAX = 10_000;

export interface TagPreview {
  readonly machines: { systemId: string; hostname: string }[];
  readonly examined: number;
  readonly nextCursor: string | null;
}

/** Which machines a definition would be for. Throws `invalid_input` when it means nothing. */
export async function previewTag(
  ctx: RegionContext,
  caller: Caller,
  query: { definition: string; cursor?: string; limit: number },
): Promise<TagPreview> {
  requireRole(caller, "viewer");
  const expression = parseTagExpression(query.definition);
  const machines: TagPreview["machines"] = [];
  let examined = 0;
  let afterId = parseRowCursor(query.cursor) ?? 0;
  while (examined < MACHINES_EXAMINED_MAX) {
    const filter = { afterId, poolIds: poolsInScope(caller), isLocked: false };
    const rows = await listInventories(ctx.db, filter, MACHINES_PER_READ);
    for (const { id, systemId, hostname, inventory } of rows) {
      if (machines.length === query.limit) {
        return { machines, examined, nextCursor: formatRowCursor(afterId) };
      }
      examined++;
      afterId = id;
      if (inventory && matchesExpression(expression, inventory)) {
        machines.push({ systemId, hostname });
      }
    }
    if (rows.length < MACHINES_PER_READ) return { machines, examined, nextCursor: null };
  }
  return { machines, examined, nextCursor: formatRowCursor(afterId) };
}
