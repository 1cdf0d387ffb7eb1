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

/**
 * The URL that a webhook may be sent to. Throws `invalid_input`.
 *
 * https to any host but loopback and link-local ones (the region's own host, and the metadata service
 * of a cloud at 169.254.169.254); `allowedHosts` (`host` or `host:port`) lifts both rules. Private
 * networks are allowed: receivers live there. What a name leads to is looked at when it is used.
 */
export function checkWebhookUrl(text: string, allowedHosts: readonly string[]): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) throw badUrl("it is not an http or https URL");
  // It would be kept and shown; a secret in it belongs into the signature.
  if (url.username || url.password) throw badUrl("it has credentials in it");
  if (url.hash) throw badUrl("it has a fragment, which is never sent");
  if (allowedHosts.includes(url.host) || allowedHosts.includes(url.hostname)) return url;
  if (url.protocol === "http:") throw badUrl("http is only for hosts that the region allows");
  if (isForbiddenHost(url.hostname)) throw badUrl("it leads to the region's own host or link");
  return url;
}

/** Whether an address (as `URL.hostname` or a resolver writes it) is never a receiver's. */
export function isForbiddenHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase().replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  // The URL parser writes IPv4 in any notation as four decimals, and IPv6 in its shortest form.
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return isForbiddenIpv4(name);
  if (!name.includes(":")) return false;
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(name);
  if (mapped) {
    const [high, low] = [parseInt(mapped[1] ?? "", 16), parseInt(mapped[2] ?? "", 16)];
    return isForbiddenIpv4([high >> 8, high & 255, low >> 8, low & 255].join("."));
  }
  // ::, ::1 and what embeds IPv4 behind zeros; fe80::/10; ff00::/8.
  return name.startsWith("::") || /^fe[89ab]/.test(name) || name.startsWith("ff");
}

/** RFC 6890: this host, loopback, link-local, multicast and above. */
function isForbiddenIpv4(address: string): boolean {
  const [first = 0, second = 0] = address.split(".").map(Number);
  return first === 0 || first === 127 || (first === 169 && second === 254) || first >= 224;
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
