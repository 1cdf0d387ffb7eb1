/** Where a page ended: the order it was read in, and the sorted values of its last item. */
export interface PageCursor {
  /** As in `?sort=`, so that a cursor is never applied to another order. */
  readonly sort: string;
  readonly values: readonly (string | number)[];
}

/** Far above what any order needs; bounds what is decoded. */
const CURSOR_CHARS_MAX = 2048;

/** Opaque text for an address: base64url (RFC 4648 §5) of JSON. */
export function encodeCursor({ sort, values }: PageCursor): string {
  const bytes = new TextEncoder().encode(JSON.stringify([sort, ...values]));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Undefined for anything that `encodeCursor` cannot have made; whether the values fit is not known here. */
export function decodeCursor(text: string): PageCursor | undefined {
  if (text.length > CURSOR_CHARS_MAX || !/^[\w-]+$/.test(text)) return undefined;
  const json = parseJson(text.replaceAll("-", "+").replaceAll("_", "/"));
  if (!Array.isArray(json)) return undefined;
  const [sort, ...values] = json as unknown[];
  if (typeof sort !== "string" || values.length === 0) return undefined;
  const isValue = (value: unknown) => typeof value === "string" || typeof value === "number";
  // Each of them has just been looked at.
  return values.every(isValue) ? { sort, values: values as (string | number)[] } : undefined;
}

function parseJson(base64: string): unknown {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined; // not ours
  }
}
