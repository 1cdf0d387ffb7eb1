const SHOWN_CHARS_MAX = 80;

/** Fields whose values are kept out of answers and logs, whatever is in them. */
const SECRET_NAME =
  /passw|passphrase|secret|token|credential|private|community|cookie|authorization|user[-_]?data|keys?$|^kg$/i;

/** RFC 3986 §3.2.1: a user, and perhaps a password, in front of a host. */
const USER_INFO = /\/\/[^/?#\s]*@/g;

/** `["subnets", 0, "cidr"]` is `subnets[0].cidr`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.map((key, i) =>
    typeof key === "number" ? `[${key}]` : `${i === 0 ? "" : "."}${String(key)}`
  ).join("");
}

/**
 * A refused value as the caller may see it again: shortened, lists and objects by size only, for they
 * may hold anything. Undefined where some name on the path says that it is a secret.
 */
export function showValue(path: readonly PropertyKey[], value: unknown): string | undefined {
  if (path.some((name) => SECRET_NAME.test(String(name)))) return undefined;
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return shorten(String(value).replaceAll(USER_INFO, "//…@"));
}

/** At most 80 characters, never half of one, without control characters. */
export function shorten(text: string): string {
  const chars = [...text.slice(0, 2 * SHOWN_CHARS_MAX + 2)];
  const cut = chars.length > SHOWN_CHARS_MAX
    ? `${chars.slice(0, SHOWN_CHARS_MAX).join("")}…`
    : text;
  // deno-lint-ignore no-control-regex -- they are what is replaced
  return cut.toWellFormed().replaceAll(/[\u0000-\u001f\u007f]/g, "\ufffd");
}
