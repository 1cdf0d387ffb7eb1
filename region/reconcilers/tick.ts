import type { RegionContext } from "@/region/context.ts";
import { publishRevocations } from "@/region/services/agents/revocations.ts";
import { removeUnusedBlobs } from "@/region/services/images/remove_unused_blobs.ts";
import { passOnOrders } from "@/region/services/sites/hold_orders.ts";
import { readSettings, type Settings } from "@/region/services/settings/read_settings.ts";
import { evaluatePendingTags } from "@/region/services/tags/evaluate_tags.ts";
import { failLostWork } from "./fail_lost_work.ts";
import { followConditions } from "./follow_conditions.ts";
import { forgetExpired } from "./forget_expired.ts";
import { forgetHistory } from "./forget_history.ts";
import { giveUpSilentOperations } from "./give_up_silent_operations.ts";
import { deliverWebhooks } from "@/region/services/webhooks/deliver_webhooks.ts";
import { placeNewEvents } from "./place_new_events.ts";
import { publishBehindSites } from "./publish_behind_sites.ts";
import { sealAudit } from "./seal_audit.ts";

/** The settings are read once a tick. */
type Sweep = (ctx: RegionContext, settings: Settings) => Promise<void>;

const SWEEPS: Record<string, Sweep> = {
  giveUpSilentOperations,
  failLostWork,
  passOnOrders,
  evaluatePendingTags,
  publishBehindSites, // after what changes states
  publishRevocations,
  forgetExpired,
  followConditions,
  placeNewEvents, // after what writes events
  sealAudit,
  removeUnusedBlobs,
  forgetHistory, // behind the sealing: the audit is cut where a seal stands
  deliverWebhooks, // last: it waits for others
};

/**
 * Everything that has to happen without anybody asking. Idempotent, and harmless when two run at
 * once; a sweep that fails is logged and tried again next time, and does not keep back the others.
 * Whether none did.
 */
export async function tick(ctx: RegionContext): Promise<boolean> {
  let isWhole = true;
  const failed = (sweep: string, error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    ctx.log("tick.sweep_failed", { sweep, reason });
    isWhole = false;
  };
  const settings = await readSettings(ctx.db).catch((error) => failed("readSettings", error));
  if (!settings) return false; // without the database no sweep gets far
  for (const [sweep, run] of Object.entries(SWEEPS)) {
    try {
      await run(ctx, settings);
    } catch (error) {
      failed(sweep, error);
    }
  }
  return isWhole;
}
