import type { RegionContext } from "@/region/context.ts";
import type { DeliveryRow, WebhookRow } from "@/region/db/queries/webhooks.ts";
import { checkWebhookUrl } from "@/region/domain/webhook_rules.ts";
import { leadsHome } from "@/region/services/leads_home.ts";
import { unsealText } from "@/region/tokens/seal.ts";

const TIMEOUT_MS = 10_000;
export const SECRET_PREFIX = "whsec_";

/** What came of one attempt. */
export interface Attempt {
  /** Absent: there was no answer. */
  readonly status?: number;
  /** Absent: it was taken. */
  readonly error?: string;
}

/** Sends a delivery once; never throws, and says nothing of the URL, which may hold a secret. */
export async function sendDelivery(
  ctx: RegionContext,
  webhook: WebhookRow,
  delivery: DeliveryRow,
): Promise<Attempt> {
  const refusal = await whyNot(ctx, webhook.url);
  if (refusal) return { error: refusal };
  try {
    const response = await fetch(webhook.url, {
      method: "POST",
      headers: await headersOf(ctx, webhook, delivery),
      body: delivery.body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel(); // what it says is of no use, and may be endless
    const { status } = response;
    return status >= 200 && status < 300 ? { status } : { status, error: `answered ${status}` };
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    return { error: isLate ? `no answer within ${TIMEOUT_MS / 1000} s` : "cannot be reached" };
  }
}

/** The rules are looked at again: the settings may have changed, and names lead elsewhere. */
async function whyNot(ctx: RegionContext, text: string): Promise<string | undefined> {
  const allowed = ctx.webhookHosts ?? [];
  let url: URL;
  try {
    url = checkWebhookUrl(text, allowed);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return await leadsHome(ctx, url, allowed)
    ? "its name leads to the region's own host or link"
    : undefined;
}

/** Standard Webhooks 1.0.0, "Webhook headers" and "Signature scheme". */
async function headersOf(
  ctx: RegionContext,
  webhook: WebhookRow,
  delivery: DeliveryRow,
): Promise<Record<string, string>> {
  const id = `msg_${webhook.id}_${delivery.id}`;
  const timestamp = String(Math.floor(ctx.now().getTime() / 1000));
  const secret = await unsealText(ctx.secrets.sealKey, webhook.sealedSecret);
  const signature = await sign(secret, `${id}.${timestamp}.${delivery.body}`);
  return {
    "content-type": "application/json",
    "user-agent": "Rackwright",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}

async function sign(secret: string, text: string): Promise<string> {
  const binary = atob(secret.slice(SECRET_PREFIX.length));
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, hmac, false, ["sign"]);
  const signed = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(signed)));
}
