import { CompactEncrypt } from "jose";
import { type SealKey, sealUnder, unseal } from "./seal.ts";

const SITE_KEY_BYTES = 32;

/** A new site key, sealed under the region's key as it is stored. */
export async function makeSealedSiteKey(
  regionKey: SealKey,
  randomBytes: (length: number) => Uint8Array<ArrayBuffer>,
): Promise<string> {
  return await sealUnder(regionKey, randomBytes(SITE_KEY_BYTES));
}

/** The site's key, opened; its id is the site's, so that an agent sees whose it is. */
export async function openSiteKey(
  regionKey: SealKey,
  site: { id: string; sealedSiteKey: string },
): Promise<SealKey> {
  const key = await unseal(regionKey, site.sealedSiteKey);
  if (key.length !== SITE_KEY_BYTES) throw new Error(`site ${site.id} has a key of a wrong size`);
  return { id: site.id, key };
}

/** The site's key for one agent only: a compact JWE, ECDH-ES+A256KW with A256GCM, to its X25519 key. */
export async function sealSiteKeyToAgent(
  siteKey: SealKey,
  encryptionKey: { kty: "OKP"; crv: "X25519"; x: string },
): Promise<string> {
  const { kty, crv, x } = encryptionKey;
  return await new CompactEncrypt(siteKey.key)
    .setProtectedHeader({ alg: "ECDH-ES+A256KW", enc: "A256GCM", kid: siteKey.id })
    .encrypt({ kty, crv, x });
}
