import { readOutboundUrl } from "./outbound_url.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

const FIRST_RETRY_MS = 10_000;
const RETRY_FACTOR = 4;
const RETRY_MS_MAX = 6 * 3_600_000;
/** About a day and a half of trying, counting the waits. */
export const ATTEMPTS_MAX = 12;
/** A receiver that has refused everything for so long is not there any more. */
export const GIVE_UP_MS = 3 * 24 * 3_600_000;

/** How long to wait after the `attempts`-th try; `chance`, 0 to 1, spreads it by a fifth each way. */
export function retryDelayMs(attempts: number, chance: number): number {
  const delay = Math.min(FIRST_RETRY_MS * RETRY_FACTOR ** (attempts - 1), RETRY_MS_MAX);
  return Math.round(delay * (0.8 + 0.4 * chance));
}

/** The URL that a webhook may be sent to, as `readOutboundUrl` has it. Throws `invalid_input`. */
export function checkWebhookUrl(text: string, allowedHosts: readonly string[]): URL {
  const read = readOutboundUrl(text, allowedHosts);
  if ("fault" in read) throw badUrl(read.fault);
  return read.url;
}

function badUrl(why: string): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "webhook.url_refused",
    message: `events cannot be sent there: ${why}`,
    field: "url",
    accepted: "an https URL of another host, such as https://hooks.example.com/rackwright",
  });
}
