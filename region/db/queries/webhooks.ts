import { and, asc, count, desc, eq, lt, type SQL, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import {
  type DeliveryRow,
  type NewDelivery,
  type NewWebhook,
  webhookDeliveries,
  type WebhookRow,
  webhooks,
} from "../schema/webhooks.ts";

export type { DeliveryRow, NewDelivery, WebhookRow } from "../schema/webhooks.ts";

export async function insertWebhook(db: Db, webhook: NewWebhook): Promise<WebhookRow> {
  const [row] = await db.insert(webhooks).values(webhook).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Undefined when there is none. */
export async function findWebhook(db: Db, id: number): Promise<WebhookRow | undefined> {
  const [row] = await db.select().from(webhooks).where(eq(webhooks.id, id));
  return row;
}

/** In the order of their making; there are few. */
export async function listWebhooks(db: Db): Promise<WebhookRow[]> {
  return await db.select().from(webhooks).orderBy(asc(webhooks.id));
}

export async function countWebhooks(db: Db): Promise<number> {
  const [row] = await db.select({ rows: count() }).from(webhooks);
  return row?.rows ?? 0;
}

export type WebhookChange = Partial<Omit<WebhookRow, "id" | "version" | "createdAt">>;

/** What people change; undefined when it has changed since it was read. */
export async function updateWebhook(
  db: Db,
  read: Pick<WebhookRow, "id" | "version">,
  change: WebhookChange,
): Promise<WebhookRow | undefined> {
  const [row] = await db.update(webhooks)
    .set({ ...change, version: sql`${webhooks.version} + 1` })
    .where(and(eq(webhooks.id, read.id), eq(webhooks.version, read.version))).returning();
  return row;
}

/** Its deliveries go with it. */
export async function deleteWebhook(db: Db, id: number): Promise<void> {
  await db.delete(webhooks).where(eq(webhooks.id, id));
}

/** What deliveries do to their webhook; people's version of it stays. Locks it. */
export async function lockWebhook(tx: Db, id: number): Promise<WebhookRow | undefined> {
  const [row] = await tx.select().from(webhooks).where(eq(webhooks.id, id)).for("update");
  return row;
}

/** Sets what is not for people to change. */
export async function setWebhookProgress(
  tx: Db,
  id: number,
  progress: Pick<WebhookChange, "place" | "failingSince" | "isEnabled" | "disabledBecause">,
): Promise<void> {
  await tx.update(webhooks).set(progress).where(eq(webhooks.id, id));
}

/** An event that is on its way to the webhook already is left out. */
export async function insertDeliveries(db: Db, rows: readonly NewDelivery[]): Promise<void> {
  if (rows.length === 0) return;
  await db.insert(webhookDeliveries).values([...rows]).onConflictDoNothing();
}

export async function insertDelivery(db: Db, delivery: NewDelivery): Promise<DeliveryRow> {
  const [row] = await db.insert(webhookDeliveries).values(delivery).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** Undefined when the webhook has no such delivery. */
export async function findDelivery(
  db: Db,
  webhookId: number,
  id: number,
): Promise<DeliveryRow | undefined> {
  const [row] = await db.select().from(webhookDeliveries)
    .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.webhookId, webhookId)));
  return row;
}

/** Newest first, below the number `before`. */
export async function listDeliveries(
  db: Db,
  webhookId: number,
  { before, limit }: { before?: number; limit: number },
): Promise<DeliveryRow[]> {
  const conditions: SQL[] = [eq(webhookDeliveries.webhookId, webhookId)];
  if (before !== undefined) conditions.push(lt(webhookDeliveries.id, before));
  return await db.select().from(webhookDeliveries).where(and(...conditions))
    .orderBy(desc(webhookDeliveries.id)).limit(limit);
}

/**
 * Takes deliveries that are due, a few of each webhook so that none holds up the others.
 *
 * They are due again at `again`: whoever takes them and dies has only delayed them. Two that take at
 * once never get the same one, for the second sees the first one's `again`.
 */
export async function takeDueDeliveries(
  db: Db,
  due: { readonly now: Date; readonly again: Date; readonly limit: number; readonly each: number },
): Promise<DeliveryRow[]> {
  const now = due.now.toISOString();
  return await db.update(webhookDeliveries).set({
    attempts: sql`${webhookDeliveries.attempts} + 1`,
    nextAttemptAt: due.again,
    lastAttemptAt: due.now,
  }).where(and(
    eq(webhookDeliveries.state, "pending"),
    sql`${webhookDeliveries.nextAttemptAt} <= ${now}`,
    sql`${webhookDeliveries.id} IN (
      SELECT id FROM (
        SELECT d.id, row_number() OVER (PARTITION BY d.webhook_id ORDER BY d.id) AS nth
        FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id AND w.is_enabled
        WHERE d.state = 'pending' AND d.next_attempt_at <= ${now}
      ) AS due WHERE nth <= ${due.each} ORDER BY id LIMIT ${due.limit})`,
  )).returning();
}

export async function updateDelivery(
  db: Db,
  id: number,
  change: Partial<Omit<DeliveryRow, "id" | "webhookId" | "eventId" | "kind" | "body">>,
): Promise<DeliveryRow | undefined> {
  const [row] = await db.update(webhookDeliveries).set(change)
    .where(eq(webhookDeliveries.id, id)).returning();
  return row;
}

/** Of a log, only so much is kept. */
export async function deleteDeliveriesBefore(db: Db, time: Date): Promise<void> {
  await db.delete(webhookDeliveries).where(lt(webhookDeliveries.createdAt, time));
}
