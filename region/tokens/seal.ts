import { base64url, compactDecrypt, CompactEncrypt } from "jose";
import { z } from "zod";
import { parseClaims } from "./parse_claims.ts";

/** A 256-bit secret key; its id travels with what it sealed. */
export interface SealKey {
  readonly id: string;
  readonly key: Uint8Array<ArrayBuffer>;
  /** Keys before this one: they open what they sealed, and seal nothing any more. */
  readonly retired?: readonly Omit<SealKey, "retired">[];
}

/** Seals text or bytes under a secret key: a compact JWE, `dir` with A256GCM, the key's id as `kid`. */
export async function sealUnder(
  key: SealKey,
  plaintext: string | Uint8Array<ArrayBuffer>,
): Promise<string> {
  const bytes = typeof plaintext === "string" ? new TextEncoder().encode(plaintext) : plaintext;
  return await new CompactEncrypt(bytes)
    .setProtectedHeader(headerOf(key))
    .encrypt(key.key);
}

/** What `sealUnder` sealed, under this key or one it follows. Throws when it was another key's, or is not as it was sealed. */
export async function unseal(key: SealKey, sealed: string): Promise<Uint8Array<ArrayBuffer>> {
  const { plaintext } = await compactDecrypt(sealed, ({ kid }) => {
    const opener = [key, ...key.retired ?? []].find(({ id }) => id === kid);
    if (!opener) throw new Error(`sealed under the key "${kid}", not "${key.id}"`);
    return opener.key;
  }, { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] });
  return new Uint8Array(plaintext);
}

/** What `sealUnder` sealed, as text. */
export async function unsealText(key: SealKey, sealed: string): Promise<string> {
  return new TextDecoder().decode(await unseal(key, sealed));
}

/** With what everything begins that this key sealed, and nothing else. */
export function sealPrefix(key: SealKey): string {
  return `${base64url.encode(JSON.stringify(headerOf(key)))}.`;
}

/** Which key sealed something, by the part before its first dot; undefined when it does not tell. */
export function keyIdOf(header: string): string | undefined {
  try {
    return parseClaims(z.object({ kid: z.string() }), base64url.decode(header))?.kid;
  } catch {
    return undefined; // not base64url
  }
}

function headerOf({ id }: SealKey) {
  return { alg: "dir", enc: "A256GCM", kid: id };
}
