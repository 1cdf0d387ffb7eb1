import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { type EventLevel, findFeedEnd, placeEvents } from "@/region/db/queries/event_feed.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import {
  countWebhooks,
  deleteWebhook as deleteRow,
  type DeliveryRow,
  findDelivery,
  findWebhook,
  insertDelivery,
  insertWebhook,
  listDeliveries as listRows,
  listWebhooks as listWebhookRows,
  updateDelivery,
  updateWebhook as updateRow,
  type WebhookRow,
} from "@/region/db/queries/webhooks.ts";
import { checkWebhookUrl } from "@/region/domain/webhook_rules.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { sealUnder } from "@/region/tokens/seal.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { recordChange } from "../audit/record_change.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { attemptDelivery, LEASE_MS } from "./deliver_webhooks.ts";
import { SECRET_PREFIX } from "./send_delivery.ts";
import { viewWebhookForAudit } from "./webhook_view.ts";

/** Each costs a look at the feed every tick. */
const WEBHOOKS_MAX = 50;
/** Standard Webhooks 1.0.0: 24 to 64 bytes. */
const SECRET_BYTES = 32;

export interface WebhookInput {
  readonly url: string;
  readonly description?: string;
  readonly codes?: readonly string[];
  readonly level?: EventLevel;
  readonly siteId?: string | null;
}

/** All of them, in the order of their making: there are at most 50. */
export async function listWebhooks(ctx: RegionContext, caller: Caller): Promise<WebhookRow[]> {
  requireRole(caller, "admin");
  return await listWebhookRows(ctx.db);
}

/** Throws `not_found`. */
export async function getWebhook(
  ctx: RegionContext,
  caller: Caller,
  id: number,
): Promise<WebhookRow> {
  requireRole(caller, "admin");
  return mustFind(await findWebhook(ctx.db, id), "webhook", id);
}

/** Makes a webhook for what happens from now on. The secret is told this once. */
export async function createWebhook(
  ctx: RegionContext,
  caller: Caller,
  input: WebhookInput,
): Promise<{ webhook: WebhookRow; secret: string }> {
  requireRole(caller, "admin");
  const url = checkWebhookUrl(input.url, ctx.webhookHosts ?? []).href;
  const secret = makeSecret(ctx);
  const sealedSecret = await sealUnder(ctx.secrets.sealKey, secret);
  await placeEvents(ctx.db);
  const webhook = await ctx.db.transaction(async (tx) => {
    if (await countWebhooks(tx) >= WEBHOOKS_MAX) throw tooMany();
    await checkSite(tx, input.siteId);
    const row = await insertWebhook(tx, {
      url,
      description: input.description ?? "",
      sealedSecret,
      codes: [...input.codes ?? []],
      level: input.level ?? "info",
      siteId: input.siteId ?? null,
      place: await findFeedEnd(tx),
      createdAt: ctx.now(),
    });
    const after = viewWebhookForAudit(row);
    await recordChange(ctx, tx, caller, { action: "webhook.create", id: row.id, after });
    return row;
  });
  return { webhook, secret };
}

export interface WebhookChangeInput extends Partial<WebhookInput> {
  readonly webhookId: number;
  /** Switched on again, it goes on with what happens from then on. */
  readonly isEnabled?: boolean;
  readonly ifVersion?: number;
}

/** Changes what is sent and where to. Throws `not_found`, `precondition_failed`. */
export async function updateWebhook(
  ctx: RegionContext,
  caller: Caller,
  { webhookId, ifVersion, url, codes, isEnabled, ...rest }: WebhookChangeInput,
): Promise<WebhookRow> {
  requireRole(caller, "admin");
  const checked = url === undefined
    ? {}
    : { url: checkWebhookUrl(url, ctx.webhookHosts ?? []).href };
  return await changeWebhook(ctx, caller, {
    id: webhookId,
    ifVersion,
    action: "webhook.update",
    change: async (tx, read) => {
      await checkSite(tx, rest.siteId);
      const isSwitchedOn = isEnabled === true && !read.isEnabled;
      return {
        ...rest,
        ...checked,
        ...(codes === undefined ? {} : { codes: [...codes] }),
        ...(isEnabled === undefined ? {} : { isEnabled }),
        ...(isSwitchedOn
          ? { disabledBecause: null, failingSince: null, place: await findFeedEnd(tx) }
          : {}),
      };
    },
  });
}

/** Gives it another secret, told this once; the old one signs nothing any more. */
export async function renewSecret(
  ctx: RegionContext,
  caller: Caller,
  id: number,
): Promise<{ webhook: WebhookRow; secret: string }> {
  requireRole(caller, "admin");
  const secret = makeSecret(ctx);
  const sealedSecret = await sealUnder(ctx.secrets.sealKey, secret);
  const webhook = await changeWebhook(ctx, caller, {
    id,
    action: "webhook.renew_secret",
    change: () => Promise.resolve({ sealedSecret }),
  });
  return { webhook, secret };
}

interface Change {
  readonly id: number;
  readonly ifVersion?: number;
  readonly action: `webhook.${string}`;
  readonly change: (tx: Db, read: WebhookRow) => Promise<Parameters<typeof updateRow>[2]>;
}

async function changeWebhook(
  ctx: RegionContext,
  caller: Caller,
  { id, ifVersion, action, change }: Change,
): Promise<WebhookRow> {
  return await retryOnChange(`webhook ${id}`, () =>
    ctx.db.transaction(async (tx) => {
      const read = mustFind(await findWebhook(tx, id), "webhook", id);
      expectVersion(read, ifVersion);
      const row = await updateRow(tx, read, await change(tx, read));
      if (!row) throw new ChangedMeanwhile();
      const [before, after] = [viewWebhookForAudit(read), viewWebhookForAudit(row)];
      await recordChange(ctx, tx, caller, { action, id, before, after });
      return row;
    }));
}

/** Removes it with what is still on the way. Throws `not_found`, `precondition_failed`. */
export async function removeWebhook(
  ctx: RegionContext,
  caller: Caller,
  { webhookId, ifVersion }: { webhookId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  await ctx.db.transaction(async (tx) => {
    const read = mustFind(await findWebhook(tx, webhookId), "webhook", webhookId);
    expectVersion(read, ifVersion);
    await deleteRow(tx, webhookId);
    const before = viewWebhookForAudit(read);
    await recordChange(ctx, tx, caller, { action: "webhook.delete", id: webhookId, before });
  });
}

/** What was sent and what came of it, newest first; kept for a week. */
export async function listDeliveries(
  ctx: RegionContext,
  caller: Caller,
  { webhookId, before, limit }: { webhookId: number; before?: number; limit: number },
): Promise<{ rows: DeliveryRow[]; next: number | undefined }> {
  await getWebhook(ctx, caller, webhookId);
  const found = await listRows(ctx.db, webhookId, { before, limit: limit + 1 });
  const rows = found.slice(0, limit);
  return { rows, next: found.length > limit ? rows.at(-1)?.id : undefined };
}

/** Sends a test now, and says what came of it; one that fails is tried again like any other. */
export async function pingWebhook(
  ctx: RegionContext,
  caller: Caller,
  id: number,
): Promise<DeliveryRow> {
  await getWebhook(ctx, caller, id);
  const now = ctx.now();
  const delivery = await ctx.db.transaction(async (tx) => {
    await recordChange(ctx, tx, caller, { action: "webhook.ping", id });
    return await insertDelivery(tx, {
      webhookId: id,
      kind: "webhook.ping",
      body: JSON.stringify({
        type: "webhook.ping",
        timestamp: now.toISOString(),
        data: { by: caller.username },
      }),
      state: "pending",
      attempts: 1,
      nextAttemptAt: new Date(now.getTime() + LEASE_MS),
      createdAt: now,
      lastAttemptAt: now,
    });
  });
  return await attemptDelivery(ctx, delivery) ?? delivery;
}

/** Sends a delivery of the log once more, now, as it was. Throws `not_found`. */
export async function redeliver(
  ctx: RegionContext,
  caller: Caller,
  { webhookId, deliveryId }: { webhookId: number; deliveryId: number },
): Promise<DeliveryRow> {
  await getWebhook(ctx, caller, webhookId);
  mustFind(await findDelivery(ctx.db, webhookId, deliveryId), "delivery", deliveryId);
  const now = ctx.now();
  const taken = await ctx.db.transaction(async (tx) => {
    await recordChange(ctx, tx, caller, { action: "webhook.redeliver", id: webhookId });
    return await updateDelivery(tx, deliveryId, {
      state: "pending",
      attempts: 1,
      nextAttemptAt: new Date(now.getTime() + LEASE_MS),
      lastAttemptAt: now,
    });
  });
  const delivery = mustFind(taken, "delivery", deliveryId);
  return await attemptDelivery(ctx, delivery) ?? delivery;
}

function makeSecret(ctx: RegionContext): string {
  return SECRET_PREFIX + btoa(String.fromCharCode(...ctx.randomBytes(SECRET_BYTES)));
}

async function checkSite(tx: Db, siteId: string | null | undefined): Promise<void> {
  if (siteId) mustFind(await findSite(tx, siteId), "site", siteId);
}

function tooMany(): DomainError {
  return new DomainError({
    kind: "limited",
    code: "webhook.too_many",
    message: `there are ${WEBHOOKS_MAX} webhooks already; remove one first`,
    accepted: `at most ${WEBHOOKS_MAX}`,
  });
}
