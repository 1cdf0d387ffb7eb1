import { createLocalJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";

/** Signatures by a key pair only: a MAC under the client's secret proves nothing about who made it. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
/** Between the provider's clock and ours. */
const CLOCK_SKEW_SECONDS = 60;
/** It was made for us just now; an older one comes from somewhere else. */
const AGE_SECONDS_MAX = 600;
const KEYS_MAX = 100;

/** A provider's public keys, RFC 7517 §5. */
export const ProviderKeys = z.object({
  keys: z.array(z.looseObject({ kty: z.string() })).max(KEYS_MAX),
});
export type ProviderKeys = z.infer<typeof ProviderKeys>;

/** What the token must be. */
export interface ExpectedIdToken {
  readonly issuer: string;
  readonly clientId: string;
  readonly nonce: string;
  readonly now: Date;
}

/** `unknown_key`: it may have been signed with a key that the provider has only now. */
export type IdTokenVerdict =
  | { readonly kind: "ok"; readonly subject: string; readonly claims: JWTPayload }
  | { readonly kind: "unknown_key" }
  | { readonly kind: "refused"; readonly reason: string };

/** Verifies an ID token: OpenID Connect Core §3.1.3.7. Never throws for what is in the token. */
export async function verifyIdToken(
  keys: ProviderKeys,
  token: string,
  expected: ExpectedIdToken,
): Promise<IdTokenVerdict> {
  let claims: JWTPayload;
  try {
    claims = await verifySignature(keys, token, expected);
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return { kind: "unknown_key" };
    if (error instanceof errors.JOSEError) return { kind: "refused", reason: reasonOf(error) };
    // Keys that are no keys make the importer throw what it likes.
    return { kind: "refused", reason: "its key cannot be used" };
  }
  const { sub: subject, aud, azp, nonce } = claims;
  const refuse = (reason: string): IdTokenVerdict => ({ kind: "refused", reason });
  if (!subject || subject.length > 255) return refuse("its sub is not 1 to 255 characters");
  if (nonce !== expected.nonce) return refuse("its nonce is not the one that was sent");
  const isForOthersToo = Array.isArray(aud) && aud.length > 1;
  if ((azp !== undefined || isForOthersToo) && azp !== expected.clientId) {
    return refuse("its azp is not this client");
  }
  return { kind: "ok", subject, claims };
}

async function verifySignature(
  keys: ProviderKeys,
  token: string,
  { issuer, clientId, now }: ExpectedIdToken,
): Promise<JWTPayload> {
  const options = {
    algorithms: ALGORITHMS,
    issuer,
    audience: clientId,
    currentDate: now,
    clockTolerance: CLOCK_SKEW_SECONDS,
    maxTokenAge: AGE_SECONDS_MAX,
    requiredClaims: ["iss", "sub", "aud", "exp", "iat"],
  };
  try {
    return (await jwtVerify(token, createLocalJWKSet(keys), options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // The token names no key: any of those that could have signed it may have.
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (wrong) {
        if (!(wrong instanceof errors.JWSSignatureVerificationFailed)) throw wrong;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** In words; the claim's name, never its value. */
function reasonOf(error: InstanceType<typeof errors.JOSEError>): string {
  if (error instanceof errors.JWTExpired) return "it has expired";
  if (error instanceof errors.JWTClaimValidationFailed) return `its ${error.claim} does not fit`;
  if (error instanceof errors.JOSEAlgNotAllowed) return "its algorithm is not accepted";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "its signature is wrong";
  return "it is malformed";
}
