import { z } from "@hono/zod-openapi";
import type { getSync } from "@/region/services/images/start_sync.ts";
import { syncEtaSeconds } from "@/region/services/images/sync_eta.ts";

export const ImageSync = z.object({
  id: z.string(),
  sourceId: z.string(),
  state: z.enum(["running", "done", "failed", "cancelled"]),
  /** Null: by the clock. */
  askedBy: z.string().nullable(),
  images: z.int(),
  skipped: z.array(z.object({ product: z.string(), reason: z.string() })),
  /** Of what was missing when it began. */
  totalBytes: z.int(),
  doneBytes: z.int(),
  /** All that came, twice what came twice. */
  fetchedBytes: z.int(),
  /** Null: it has ended, or there is no speed to go by yet. */
  etaSeconds: z.int().nullable(),
  /** What is in the way just now; it is tried again. */
  problem: z.string().nullable(),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
});

export function viewSync(sync: Awaited<ReturnType<typeof getSync>>, now: Date) {
  const { wanted, skipped, failureCode, failureMessage, startedAt, endedAt, ...rest } = sync;
  const isRunning = sync.state === "running";
  return {
    ...rest,
    images: wanted.length,
    skipped: [...skipped],
    etaSeconds: isRunning ? syncEtaSeconds(sync, now) ?? null : null,
    problem: isRunning ? sync.problem : null,
    failure: failureCode === null ? null : { code: failureCode, message: failureMessage ?? "" },
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}
