import { sha256Hex, toHex } from "@/region/tokens/digest.ts";
import { sameBytes } from "./same_bytes.ts";

/** 256 bits: nobody guesses, so a plain hash is enough to keep them by. */
const SECRET_BYTES = 32;
const PREFIX_BYTES = 6;

type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;

/** A bearer token by its form; the form alone proves nothing. */
export type AccessToken =
  | { readonly kind: "session"; readonly text: string }
  | { readonly kind: "api_key"; readonly text: string; readonly prefix: string };

/** Undefined when it is neither a session token nor an API key. */
export function parseAccessToken(text: string): AccessToken | undefined {
  if (/^rws_[0-9a-f]{64}$/.test(text)) return { kind: "session", text };
  const [, prefix] = /^rwk_([0-9a-f]{12})_[0-9a-f]{64}$/.exec(text) ?? [];
  return prefix === undefined ? undefined : { kind: "api_key", text, prefix };
}

/** A session token; only its hash is stored. */
export async function makeSessionToken(
  randomBytes: RandomBytes,
): Promise<{ token: string; hash: string }> {
  const token = `rws_${toHex(randomBytes(SECRET_BYTES))}`;
  return { token, hash: await hashToken(token) };
}

/** An API key, to be shown once; it is found by its prefix and known by its hash. */
export async function makeApiKey(
  randomBytes: RandomBytes,
): Promise<{ key: string; prefix: string; hash: string }> {
  const prefix = toHex(randomBytes(PREFIX_BYTES));
  const key = `rwk_${prefix}_${toHex(randomBytes(SECRET_BYTES))}`;
  return { key, prefix, hash: await hashToken(key) };
}

/** SHA-256 in hex. */
export async function hashToken(text: string): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(text));
}

/** Takes the same time wherever the two differ. */
export function sameHash(a: string, b: string): boolean {
  const encode = (text: string) => new TextEncoder().encode(text);
  return sameBytes(encode(a), encode(b));
}
