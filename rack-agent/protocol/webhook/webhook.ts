import { DomainError } from "@/shared/errors/domain_error.ts";
import type { PowerState } from "../power/order.ts";

/** A program of the site's own that switches a machine when it is called by HTTP. */
export interface WebhookTarget {
  /** Host of the URLs, for messages and for its queue. */
  readonly address: string;
  readonly port?: number;
  readonly onUrl: string;
  readonly offUrl: string;
  /** Absent: the power state is unknown. */
  readonly queryUrl?: string;
  /** For Basic authentication; absent: `secret` is a bearer token. */
  readonly username?: string;
  /** Password or token; absent: none is sent. */
  readonly secret?: string;
  /** SHA-256 of the certificate it must show; absent: one that this host's authorities vouch for. */
  readonly certificateSha256?: string;
}

export interface WebhookRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: string;
  readonly authorization?: string;
}

/** The call for an action: a POST that names it, or a GET that asks for the state. */
export function webhookRequest(target: WebhookTarget, action: "on" | "off"): WebhookRequest {
  const url = action === "on" ? target.onUrl : target.offUrl;
  return { method: "POST", url, body: JSON.stringify({ action }), ...authorizationOf(target) };
}

/** Undefined: the webhook cannot tell the state. */
export function webhookQuery(target: WebhookTarget): WebhookRequest | undefined {
  const { queryUrl: url } = target;
  return url === undefined ? undefined : { method: "GET", url, ...authorizationOf(target) };
}

/** RFC 7617 §2 and RFC 6750 §2.1. */
function authorizationOf({ username, secret }: WebhookTarget): { authorization?: string } {
  if (secret === undefined) return {};
  if (username === undefined) return { authorization: `Bearer ${secret}` };
  const bytes = new TextEncoder().encode(`${username}:${secret}`);
  return { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

export interface WebhookAnswer {
  readonly status: number;
  readonly text: string;
}

/** Throws when the webhook did not do it: `bmc.wrong_password`, `bmc.busy` or `bmc.command_failed`. */
export function checkDone(target: WebhookTarget, { status }: WebhookAnswer): void {
  if (status >= 200 && status < 300) return;
  const where = `the webhook at ${target.address}`;
  if (status === 401 || status === 403) {
    throw new DomainError({
      kind: "invalid_input",
      code: "bmc.wrong_password",
      message: `${where} refuses these credentials (HTTP status ${status}); correct them`,
    });
  }
  const isPassing = status === 429 || status === 503;
  throw new DomainError({
    kind: isPassing ? "unavailable" : "conflict",
    code: isPassing ? "bmc.busy" : "bmc.command_failed",
    message: `${where} answers with HTTP status ${status}; see its own log`,
  });
}

const WORDS: ReadonlyMap<string, PowerState> = new Map([
  ["on", "on"],
  ["running", "on"],
  ["off", "off"],
  ["stopped", "off"],
  ["unknown", "unknown"],
]);

/** The state in an answer: `{"power": "on"}`, `{"status": "running"}`, or the bare word. */
export function readState(target: WebhookTarget, answer: WebhookAnswer): PowerState {
  checkDone(target, answer);
  const state = WORDS.get(wordIn(answer.text).toLowerCase());
  if (state) return state;
  throw new DomainError({
    kind: "unavailable",
    code: "bmc.answer_unreadable",
    accepted: `{"power": "on"}, {"power": "off"} or {"power": "unknown"}`,
    message: `the webhook at ${target.address} was asked for the power state and gave neither ` +
      `{"power": "on"} nor {"power": "off"}`,
  });
}

function wordIn(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "string") return body;
    const fields = body as { power?: unknown; status?: unknown } | null;
    return String(fields?.power ?? fields?.status ?? "");
  } catch {
    return text.trim();
  }
}
