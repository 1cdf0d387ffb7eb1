/** The parts of an OAuth 1.0 PLAINTEXT header (RFC 5849 §3.4.4) that name and prove a caller. */
export interface OauthCredentials {
  readonly consumerKey: string;
  readonly tokenKey: string;
  readonly tokenSecret: string;
}

/**
 * Reads `Authorization: OAuth …` as cloud-init sends it; undefined when it is anything else.
 *
 * The signature is `consumer_secret&token_secret`; the consumer secret is empty, as MAAS has it.
 */
export function parseOauthHeader(header: string | null): OauthCredentials | undefined {
  if (!header?.startsWith("OAuth ") || header.length > 2048) return undefined;
  const fields = new Map(
    [...header.slice(6).matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  const text = (name: string) => decode(fields.get(name) ?? "");
  if (text("oauth_signature_method") !== "PLAINTEXT") return undefined;
  const [consumerSecret, tokenSecret] = text("oauth_signature").split("&");
  if (consumerSecret !== "" || !tokenSecret) return undefined;
  return { consumerKey: text("oauth_consumer_key"), tokenKey: text("oauth_token"), tokenSecret };
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return ""; // a stray % is not a credential
  }
}
