import type { SyncWithProgress } from "@/region/db/queries/image_syncs.ts";
import { etaSeconds } from "@/region/domain/sync_retry.ts";

/** Seconds until a running sync has all; undefined before there is a speed to go by. */
export function syncEtaSeconds(sync: SyncWithProgress, now: Date): number | undefined {
  return etaSeconds({ ...sync, elapsedMs: now.getTime() - sync.startedAt.getTime() });
}
