import { calculateJwkThumbprint, CompactSign, compactVerify, errors } from "jose";
import type { SigningKey } from "@/region/context.ts";

/** Compact serialisation of three base64url parts; anything else is not even tried. */
const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** What became of an attempt to verify something that a region key should have signed. */
export type Verified =
  | { readonly kind: "ok"; readonly payload: Uint8Array }
  | { readonly kind: "malformed" }
  | { readonly kind: "bad_signature" };

/** Signs with the first key, as a compact JWS of this `typ`. EdDSA: the same input, the same text. */
export async function signAsRegion(
  keys: readonly SigningKey[],
  typ: string,
  payload: string,
): Promise<string> {
  const key = firstKey(keys);
  return await new CompactSign(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg: "EdDSA", typ, kid: key.kid })
    .sign(key.privateJwk);
}

/** Verifies with the key that the header names, if it is one of ours and the `typ` is right. */
export async function verifyAsRegion(
  keys: readonly SigningKey[],
  typ: string,
  text: string,
): Promise<Verified> {
  if (!COMPACT_JWS.test(text)) return { kind: "malformed" };
  try {
    const { payload, protectedHeader } = await compactVerify(text, ({ kid }) => {
      const key = keys.find((each) => each.kid === kid);
      if (!key) throw new errors.JWSSignatureVerificationFailed("no such key");
      return key.publicJwk;
    }, { algorithms: ["EdDSA"] });
    return protectedHeader.typ === typ ? { kind: "ok", payload } : { kind: "malformed" };
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return { kind: "bad_signature" };
    if (error instanceof errors.JOSEError) return { kind: "malformed" };
    throw error;
  }
}

/** The keys as agents pin them: the one that signs first. */
export function publicRegionKeys(
  keys: readonly SigningKey[],
): { kty: "OKP"; crv: "Ed25519"; x: string; kid: string }[] {
  return keys.map(({ kid, publicJwk: { kty, crv, x } }) => ({ kty, crv, x, kid }));
}

/** RFC 7638, of the key that signs now: a join token carries it, so that the agent knows its region. */
export async function regionThumbprint(keys: readonly SigningKey[]): Promise<string> {
  return await thumbprintOf(firstKey(keys).publicJwk);
}

/** RFC 7638 SHA-256 thumbprint in base64url: 43 characters. */
export async function thumbprintOf(
  jwk: { kty: "OKP"; crv: "Ed25519"; x: string },
): Promise<string> {
  return await calculateJwkThumbprint({ kty: jwk.kty, crv: jwk.crv, x: jwk.x }, "sha256");
}

function firstKey(keys: readonly SigningKey[]): SigningKey {
  const [key] = keys;
  if (!key) throw new Error("the region has no signing key");
  return key;
}
