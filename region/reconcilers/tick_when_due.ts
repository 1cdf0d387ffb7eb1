import type { RegionContext } from "@/region/context.ts";
import { lookForWork, recordTick } from "@/region/services/due_work/look_for_work.ts";
import { tick } from "./tick.ts";

/**
 * A tick, if there is anything for it to do. Where nothing is, the database is not asked: one that
 * sleeps while it is idle stays asleep.
 */
export async function tickWhenDue(ctx: RegionContext): Promise<void> {
  try {
    const look = await lookForWork(ctx);
    // A tick in which something failed is not recorded: the next look finds the work again.
    if (look.isDue && await tick(ctx)) await recordTick(ctx, look);
  } catch (error) {
    ctx.log("tick.failed", { reason: error instanceof Error ? error.message : String(error) });
  }
}
