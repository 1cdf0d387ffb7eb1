import { z } from "zod";

/** A public key as a JWK (RFC 8037 curves); private members are refused. */
const Ed25519Jwk = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.string().max(64),
  d: z.undefined().optional(),
});
const X25519Jwk = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("X25519"),
  x: z.string().max(64),
  d: z.undefined().optional(),
});

/** A signing key of the region, pinned by the agent when it joins. */
export const RegionKey = Ed25519Jwk.extend({ kid: z.string() });
export type RegionKey = z.infer<typeof RegionKey>;

/**
 * POST /agent/v1/enrolment: a host becomes the agent of the site that the token was made for.
 *
 * Carries a proof (`DPoP` header, without a credential) by `signingKey`, which shows that the caller
 * holds it. The token works once.
 */
export const EnrolmentRequest = z.object({
  token: z.string().max(512),
  signingKey: Ed25519Jwk,
  encryptionKey: X25519Jwk,
  hostname: z.string().max(255),
  agentVersion: z.string().max(64),
});
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>;

export const EnrolmentResponse = z.object({
  agentId: z.string(),
  site: z.object({ id: z.string(), name: z.string() }),
  regionKeys: z.array(RegionKey).min(1),
  /** The site's 256-bit key as a compact JWE (ECDH-ES+A256KW) to `encryptionKey`. */
  sealedSiteKey: z.string(),
  credential: z.string(),
  /** ISO 8601; renew when two thirds of the lifetime are over. */
  credentialExpiresAt: z.string(),
});
export type EnrolmentResponse = z.infer<typeof EnrolmentResponse>;

/** POST /agent/v1/credential: a fresh credential for the caller, no body. */
export const CredentialResponse = z.object({
  credential: z.string(),
  credentialExpiresAt: z.string(),
  regionKeys: z.array(RegionKey).min(1),
});
export type CredentialResponse = z.infer<typeof CredentialResponse>;

/** Claims of the credential: a JWT of type `rw-agent+jwt`, EdDSA by a region key. */
export const CredentialClaims = z.object({
  iss: z.literal("rackwright-region"),
  sub: z.string(), // agent id
  site: z.string(), // site id
  cnf: z.object({ jkt: z.string() }), // thumbprint of the agent's signing key, RFC 7638
  iat: z.number(),
  exp: z.number(),
});
export type CredentialClaims = z.infer<typeof CredentialClaims>;

/** Claims of a request's proof: a JWS of type `dpop+jwt` by the agent's key, after RFC 9449 §4.2. */
export const ProofClaims = z.object({
  jti: z.string().max(64),
  htm: z.string(),
  /** The URL without query and fragment. */
  htu: z.string(),
  iat: z.number(),
  /** base64url SHA-256 of the credential; absent when enrolling. */
  ath: z.string().optional(),
  /** Ours: base64url SHA-256 of the body, of zero bytes when there is none. */
  bh: z.string(),
});
export type ProofClaims = z.infer<typeof ProofClaims>;

/** A proof older or newer than this is refused. */
export const PROOF_AGE_SECONDS_MAX = 60;
