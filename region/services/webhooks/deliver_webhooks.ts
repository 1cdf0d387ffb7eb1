import type { RegionContext } from "@/region/context.ts";
import {
  type EventRow,
  findFeedEnd,
  listFeed,
  placeEvents,
} from "@/region/db/queries/event_feed.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import {
  type DeliveryRow,
  findWebhook,
  insertDeliveries,
  listWebhooks,
  lockWebhook,
  setWebhookProgress,
  takeDueDeliveries,
  updateDelivery,
  type WebhookRow,
} from "@/region/db/queries/webhooks.ts";
import { ATTEMPTS_MAX, GIVE_UP_MS, retryDelayMs } from "@/region/domain/webhook_rules.ts";
import { levelsFrom } from "../events/follow_events.ts";
import { type EventView, viewEvents } from "../events/event_view.ts";
import { type Attempt, sendDelivery } from "./send_delivery.ts";

const EVENTS_PER_ROUND_MAX = 500;
/** Sent side by side, so that a round lasts as long as its slowest receiver, at most 10 s. */
const SENT_PER_ROUND_MAX = 24;
const SENT_PER_WEBHOOK_MAX = 6;
/** Longer than any attempt takes. */
export const LEASE_MS = 60_000;

/** Sends what happened to whoever wants to know: once around, safe to repeat and to break off. */
export async function deliverWebhooks(ctx: RegionContext): Promise<void> {
  await placeEvents(ctx.db);
  const end = await findFeedEnd(ctx.db);
  for (const webhook of await listWebhooks(ctx.db)) {
    if (webhook.isEnabled && webhook.place < end) await enqueue(ctx, webhook.id, end);
  }
  const now = ctx.now();
  const due = await takeDueDeliveries(ctx.db, {
    now,
    again: new Date(now.getTime() + LEASE_MS),
    limit: SENT_PER_ROUND_MAX,
    each: SENT_PER_WEBHOOK_MAX,
  });
  await Promise.all(due.map((delivery) => attemptDelivery(ctx, delivery)));
}

/** The deliveries and the place up to which there are some change together. */
async function enqueue(ctx: RegionContext, webhookId: number, end: number): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const webhook = await lockWebhook(tx, webhookId);
    if (!webhook?.isEnabled || webhook.place >= end) return;
    const { place, codes, siteId } = webhook;
    const filter = { codes, levels: levelsFrom(webhook.level), siteId: siteId ?? undefined };
    const rows = await listFeed(tx, filter, {
      after: place,
      upTo: end,
      limit: EVENTS_PER_ROUND_MAX,
    });
    const views = await viewEvents({ db: tx }, rows);
    await insertDeliveries(tx, views.map((event) => deliveryOf(ctx, webhook, event)));
    const isFull = rows.length === EVENTS_PER_ROUND_MAX;
    const reached: EventRow | undefined = isFull ? rows.at(-1) : undefined;
    await setWebhookProgress(tx, webhookId, { place: reached?.id ?? end });
  });
}

function deliveryOf(ctx: RegionContext, webhook: WebhookRow, event: EventView) {
  const now = ctx.now();
  return {
    webhookId: webhook.id,
    eventId: event.id,
    kind: event.code,
    // Standard Webhooks 1.0.0, "Payload structure".
    body: JSON.stringify({ type: event.code, timestamp: event.at, data: event }),
    state: "pending" as const,
    nextAttemptAt: now,
    createdAt: now,
  };
}

/** Sends a delivery that has been taken, and writes down what came of it. */
export async function attemptDelivery(
  ctx: RegionContext,
  delivery: DeliveryRow,
): Promise<DeliveryRow | undefined> {
  const webhook = await findWebhook(ctx.db, delivery.webhookId);
  if (!webhook) return undefined; // removed meanwhile
  const startedMs = ctx.now().getTime();
  const attempt = await sendDelivery(ctx, webhook, delivery);
  const now = ctx.now();
  const isGivenUp = attempt.error !== undefined && delivery.attempts >= ATTEMPTS_MAX;
  const [byte = 0] = ctx.randomBytes(1);
  const row = await updateDelivery(ctx.db, delivery.id, {
    state: attempt.error === undefined ? "delivered" : isGivenUp ? "failed" : "pending",
    nextAttemptAt: new Date(now.getTime() + retryDelayMs(delivery.attempts, byte / 255)),
    lastStatus: attempt.status ?? null,
    lastError: attempt.error ?? null,
    lastDurationMs: now.getTime() - startedMs,
  });
  await noteHealth(ctx, webhook.id, attempt);
  return row;
}

/** A webhook that has failed for days, or says that it is gone (410), is switched off, with an event. */
async function noteHealth(ctx: RegionContext, webhookId: number, attempt: Attempt): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    const webhook = await lockWebhook(tx, webhookId);
    if (!webhook) return;
    const { failingSince } = webhook;
    if (attempt.error === undefined) {
      if (failingSince) await setWebhookProgress(tx, webhookId, { failingSince: null });
      return;
    }
    const now = ctx.now();
    const since = failingSince ?? now;
    const isHopeless = attempt.status === 410 || now.getTime() - since.getTime() >= GIVE_UP_MS;
    if (!isHopeless || !webhook.isEnabled) {
      if (!failingSince) await setWebhookProgress(tx, webhookId, { failingSince: since });
      return;
    }
    const why = `it has failed since ${since.toISOString()}; last: ${attempt.error}`;
    await setWebhookProgress(tx, webhookId, {
      failingSince: since,
      isEnabled: false,
      disabledBecause: why,
    });
    await insertEvent(tx, {
      at: now,
      siteId: webhook.siteId,
      level: "error",
      code: "webhook.disabled",
      message: `webhook ${webhookId} to ${new URL(webhook.url).host} is switched off: ${why}`,
    });
  });
}
