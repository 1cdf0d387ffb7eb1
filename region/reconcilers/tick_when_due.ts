import type { RegionContext } from "@/region/context.ts";
import { lookForWork, recordTick } from "@/region/services/due_work/look_for_work.ts";
import { runSyncs } from "@/region/services/images/run_syncs.ts";
import { tick } from "./tick.ts";

/** A look comes every minute, and may take a quarter of an hour. */
const SYNC_SLICE_MS = 50_000;

/**
 * A tick, if there is anything for it to do. Where nothing is, the database is not asked: one that
 * sleeps while it is idle stays asleep.
 */
export async function tickWhenDue(ctx: RegionContext): Promise<void> {
  try {
    const look = await lookForWork(ctx);
    if (!look.isDue) return;
    const isWhole = await tick(ctx);
    await runSyncs(ctx, { sliceMs: SYNC_SLICE_MS });
    // A tick in which something failed is not recorded: the next look finds the work again.
    if (isWhole) await recordTick(ctx, look);
  } catch (error) {
    ctx.log("tick.failed", { reason: error instanceof Error ? error.message : String(error) });
  }
}
