import type { RegionContext } from "@/region/context.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import { siteAlarm } from "@/region/domain/notifications/conditions.ts";
import { raiseCondition } from "./follow_conditions.ts";

/** An agent repeats a warning every ten minutes for as long as it lasts. */
const LASTS_MS = 3_600_000;
const MESSAGE_CHARS_MAX = 500;
const CODE_CHARS_MAX = 64;

/** What an agent warned of. */
export interface Alarm {
  /** By the agent's clock. */
  readonly at: Date;
  readonly code: string;
  readonly message: string;
}

/**
 * Tells admins what a site's agent warned of, until an hour after the last time; of each kind the
 * last one. Not what is over by the time it is told: a site may have been cut off for days. Runs in
 * the caller's transaction, `ctx.db`.
 */
export async function raiseAlarms(
  ctx: Pick<RegionContext, "db" | "now">,
  siteId: string,
  alarms: readonly Alarm[],
): Promise<void> {
  const nowMs = ctx.now().getTime();
  const lasting = new Map(
    alarms.filter(({ at }) => at.getTime() > nowMs - LASTS_MS).map((alarm) => [alarm.code, alarm]),
  );
  if (lasting.size === 0) return;
  const siteName = (await findSite(ctx.db, siteId))?.name ?? siteId;
  // Always in this order: two batches of one site cannot wait for each other.
  const inOrder = [...lasting.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
  for (const { at, code, message } of inOrder) {
    // A clock that is ahead must not keep it there for days.
    const untilMs = Math.min(at.getTime(), nowMs) + LASTS_MS;
    const condition = siteAlarm({
      siteId,
      siteName,
      code: code.slice(0, CODE_CHARS_MAX),
      message: message.slice(0, MESSAGE_CHARS_MAX),
    });
    await raiseCondition(ctx, ctx.db, condition, new Date(untilMs));
  }
}
