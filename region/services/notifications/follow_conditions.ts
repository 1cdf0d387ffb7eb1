import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  listAgentVersions,
  listDisabledWebhooks,
  listFullRanges,
  listSitesHeard,
} from "@/region/db/queries/conditions.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import {
  deleteNotifications,
  deleteNotificationsOver,
  listConditions,
  type NotificationRow,
  putNotification,
  takeSweep,
} from "@/region/db/queries/notifications.ts";
import {
  agentTooOld,
  type Condition,
  rangeNearlyFull,
  rotationPending,
  siteSilence,
  webhookSwitchedOff,
} from "@/region/domain/notifications/conditions.ts";
import { readSeen } from "@/region/services/agents/agents_seen.ts";
import type { Settings } from "@/region/services/settings/read_settings.ts";

/** A little less than a minute: a trigger that comes every minute is not passed over. */
const EVERY_MS = 55_000;
/** Nobody reads more; when so much is wrong, it is one thing. */
const CONDITIONS_MAX = 500;

/** Looks what needs a person, and says so: once a minute, by one region. */
export async function followConditions(
  ctx: RegionContext,
  settings: Settings,
  regionVersion: string,
): Promise<void> {
  const now = ctx.now();
  const since = new Date(now.getTime() - EVERY_MS);
  if (!await takeSweep(ctx.db, "conditions", { now, since })) return;
  await deleteNotificationsOver(ctx.db, now);
  const found = (await findConditions(ctx, settings, regionVersion)).slice(0, CONDITIONS_MAX);
  const said = await listConditions(ctx.db);
  const idents = new Set(found.map(({ ident }) => ident));
  const ended = said.filter(({ ident }) => ident !== null && !idents.has(ident));
  await ctx.db.transaction(async (tx) => {
    for (const each of ended) await say(ctx, tx, each, "notification.ended");
    await deleteNotifications(tx, ended.map(({ id }) => id));
    for (const condition of found) {
      if (!isSaid(said, condition)) await raiseCondition(ctx, tx, condition, null);
    }
  });
}

/** Always the same number of statements. */
async function findConditions(
  ctx: RegionContext,
  { siteSilentMinutes: silentMinutes, rangeFullPercent }: Settings,
  regionVersion: string,
): Promise<Condition[]> {
  const { db, secrets } = ctx;
  const when = { now: ctx.now(), silentMinutes };
  const [sites, agents] = [await listSitesHeard(db), await listAgentVersions(db)];
  const { sites: seen } = await readSeen(ctx);
  const [ranges, webhooks] = [
    await listFullRanges(db, rangeFullPercent),
    await listDisabledWebhooks(db),
  ];
  return [
    ...rotationPending((secrets.sealKey.retired ?? []).map(({ id }) => id)),
    ...sites.flatMap((site) => siteSilence({ ...site, seenAt: seen.get(site.id)?.at }, when)),
    ...agents.flatMap((agent) => agentTooOld(agent, regionVersion)),
    ...ranges.map(rangeNearlyFull),
    ...webhooks.map(({ id, url, disabledBecause }) =>
      webhookSwitchedOff({ id, host: new URL(url).host, because: disabledBecause ?? "" })
    ),
  ];
}

/** Writes it down for admins, with an event where it is new; in the caller's transaction. */
export async function raiseCondition(
  ctx: Pick<RegionContext, "now">,
  tx: Db,
  condition: Condition,
  expiresAt: Date | null,
): Promise<void> {
  const isNew = await putNotification(tx, {
    ...condition,
    forAdmins: true,
    forUsers: false,
    isDismissable: true,
    createdAt: ctx.now(),
    expiresAt,
  });
  if (isNew) await say(ctx, tx, condition, "notification.raised");
}

async function say(
  ctx: Pick<RegionContext, "now">,
  tx: Db,
  { category, message, context }: Pick<NotificationRow, "category" | "message" | "context">,
  code: "notification.raised" | "notification.ended",
): Promise<void> {
  const isRaised = code === "notification.raised";
  await insertEvent(tx, {
    at: ctx.now(),
    siteId: typeof context.siteId === "string" ? context.siteId : null,
    level: isRaised && category !== "success" ? category : "info",
    code,
    message: isRaised ? message : `over: ${message}`,
  });
}

function isSaid(said: readonly NotificationRow[], { ident, message, category }: Condition) {
  return said.some((each) =>
    each.ident === ident && each.message === message && each.category === category
  );
}
