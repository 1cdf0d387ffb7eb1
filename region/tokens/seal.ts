import { compactDecrypt, CompactEncrypt } from "jose";

/** A 256-bit secret key; its id travels with what it sealed. */
export interface SealKey {
  readonly id: string;
  readonly key: Uint8Array<ArrayBuffer>;
}

/** Seals text or bytes under a secret key: a compact JWE, `dir` with A256GCM, the key's id as `kid`. */
export async function sealUnder(
  key: SealKey,
  plaintext: string | Uint8Array<ArrayBuffer>,
): Promise<string> {
  const bytes = typeof plaintext === "string" ? new TextEncoder().encode(plaintext) : plaintext;
  return await new CompactEncrypt(bytes)
    .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: key.id })
    .encrypt(key.key);
}

/** What `sealUnder` sealed. Throws when it was another key's, or is not as it was sealed. */
export async function unseal(key: SealKey, sealed: string): Promise<Uint8Array<ArrayBuffer>> {
  const { plaintext } = await compactDecrypt(sealed, ({ kid }) => {
    if (kid !== key.id) throw new Error(`sealed under the key "${kid}", not "${key.id}"`);
    return key.key;
  }, { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] });
  return new Uint8Array(plaintext);
}

/** What `sealUnder` sealed, as text. */
export async function unsealText(key: SealKey, sealed: string): Promise<string> {
  return new TextDecoder().decode(await unseal(key, sealed));
}
