import type { RegionContext } from "@/region/context.ts";
import type { EventRow } from "@/region/db/queries/event_feed.ts";
import { listSystemIds } from "@/region/db/queries/machines.ts";

/** An event as people and programs outside see it. */
export interface EventView {
  /** Its place in the feed. */
  readonly id: number;
  readonly at: string;
  readonly siteId: string | null;
  /** The machine's system id. */
  readonly machine: string | null;
  readonly operationId: string | null;
  readonly level: EventRow["level"];
  readonly code: string;
  readonly message: string;
}

export async function viewEvents(
  ctx: Pick<RegionContext, "db">,
  rows: readonly EventRow[],
): Promise<EventView[]> {
  const systemIds = await listSystemIds(ctx.db, rows.flatMap((row) => row.machineId ?? []));
  return rows.map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    siteId: row.siteId,
    machine: systemIds.get(row.machineId ?? 0) ?? null,
    operationId: row.operationId,
    level: row.level,
    code: row.code,
    message: row.message,
  }));
}
