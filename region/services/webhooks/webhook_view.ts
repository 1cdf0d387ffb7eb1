import type { DeliveryRow, WebhookRow } from "@/region/db/queries/webhooks.ts";

/** A webhook as admins see it; never its secret. */
export function viewWebhook(row: WebhookRow) {
  const { id, url, description, codes, level, siteId, isEnabled, disabledBecause, version } = row;
  return {
    id,
    url,
    description,
    codes,
    level,
    siteId,
    isEnabled,
    disabledBecause,
    failingSince: row.failingSince?.toISOString() ?? null,
    version,
    createdAt: row.createdAt.toISOString(),
  };
}

/** For the audit: a path or query may hold what lets anybody post there. */
export function viewWebhookForAudit(row: WebhookRow) {
  const { failingSince: _since, ...view } = viewWebhook(row);
  return { ...view, url: new URL(row.url).origin };
}

/** One delivery with what came of it. */
export function viewDelivery(row: DeliveryRow) {
  return {
    id: row.id,
    eventId: row.eventId,
    kind: row.kind,
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: row.state === "pending" ? row.nextAttemptAt.toISOString() : null,
    createdAt: row.createdAt.toISOString(),
    lastAttemptAt: row.lastAttemptAt?.toISOString() ?? null,
    lastStatus: row.lastStatus,
    lastError: row.lastError,
    lastDurationMs: row.lastDurationMs,
  };
}
