import { compactVerify, decodeProtectedHeader, errors } from "jose";
import { z } from "zod";
import { PROOF_AGE_SECONDS_MAX, ProofClaims } from "@/shared/contract/enrolment.ts";
import { sha256Base64url } from "./digest.ts";
import { parseClaims } from "./parse_claims.ts";
import { unauthenticated } from "./refusal.ts";
import { thumbprintOf } from "./region_keys.ts";

const PROOF_CHARS_MAX = 4096;

/** RFC 9449 §4.2: the public key travels in the header. A private one is refused. */
const ProofHeader = z.object({
  typ: z.literal("dpop+jwt"),
  alg: z.enum(["EdDSA", "Ed25519"]),
  jwk: z.object({
    kty: z.literal("OKP"),
    crv: z.literal("Ed25519"),
    x: z.string().length(43),
    d: z.undefined().optional(),
  }),
});
type ProofJwk = z.infer<typeof ProofHeader>["jwk"];

/** The request as the region received it. */
export interface ProvenRequest {
  readonly method: string;
  /** Without query and fragment. */
  readonly url: string;
  /** base64url SHA-256 of the body. */
  readonly bodyHash: string;
  /** Absent when enrolling. */
  readonly credential?: string;
}

/**
 * Verifies the proof of a request, after RFC 9449 §4.3; the thumbprint of the key that made it.
 *
 * Throws `proof.*`, one code per check. A proof may be used again within its minute; that every
 * write is idempotent makes a replay harmless, and `bh` keeps it from carrying another body.
 */
export async function verifyProof(
  proof: string | undefined,
  request: ProvenRequest,
  now: Date,
): Promise<{ jkt: string }> {
  if (!proof) {
    throw unauthenticated("proof.missing", "the request has no proof in its DPoP header");
  }
  const jwk = readJwk(proof);
  const claims = await verifiedClaims(proof, jwk);
  await checkClaims(claims, request, now);
  return { jkt: await thumbprintOf(jwk) };
}

function readJwk(proof: string): ProofJwk {
  let header: unknown;
  try {
    header = proof.length <= PROOF_CHARS_MAX ? decodeProtectedHeader(proof) : undefined;
  } catch (cause) {
    throw malformed("it has no header that can be read", cause);
  }
  const parsed = ProofHeader.safeParse(header);
  if (!parsed.success) throw malformed("its header is not that of a proof by an Ed25519 key");
  return parsed.data.jwk;
}

async function verifiedClaims(proof: string, jwk: ProofJwk): Promise<ProofClaims> {
  let payload: Uint8Array;
  try {
    const key = { kty: jwk.kty, crv: jwk.crv, x: jwk.x };
    ({ payload } = await compactVerify(proof, key, { algorithms: ["EdDSA", "Ed25519"] }));
  } catch (cause) {
    if (cause instanceof errors.JWSSignatureVerificationFailed) {
      throw unauthenticated("proof.signature", "the proof is not signed by the key it carries");
    }
    // Also what WebCrypto throws for 32 bytes that are no key.
    throw malformed("it cannot be verified", cause);
  }
  const claims = parseClaims(ProofClaims, payload);
  if (!claims) throw malformed("its claims are incomplete");
  return claims;
}

async function checkClaims(claims: ProofClaims, request: ProvenRequest, now: Date): Promise<void> {
  if (claims.htm !== request.method) {
    throw unauthenticated("proof.method", `the proof is for ${claims.htm}, not ${request.method}`);
  }
  if (!isSameUrl(claims.htu, request.url)) {
    throw unauthenticated("proof.url", `the proof is for ${claims.htu}, not ${request.url}`);
  }
  const skewSeconds = claims.iat - now.getTime() / 1000;
  if (Math.abs(skewSeconds) > PROOF_AGE_SECONDS_MAX) {
    const off = Math.round(Math.abs(skewSeconds));
    const side = skewSeconds < 0 ? "behind" : "ahead of";
    throw unauthenticated("proof.stale", `the proof's time is ${off} s ${side} the region's`);
  }
  if (claims.ath !== await hashOf(request.credential)) {
    throw unauthenticated("proof.credential_mismatch", "the proof is for another credential");
  }
  if (claims.bh !== request.bodyHash) {
    throw unauthenticated("proof.body_mismatch", "the proof is for another body");
  }
}

async function hashOf(credential: string | undefined): Promise<string | undefined> {
  return credential === undefined
    ? undefined
    : await sha256Base64url(new TextEncoder().encode(credential));
}

/** RFC 9449 §4.3 (9): compared after normalising, without query and fragment. */
function isSameUrl(claimed: string, actual: string): boolean {
  const [a, b] = [claimed, actual].map((text) => (URL.canParse(text) ? new URL(text) : undefined));
  return a !== undefined && b !== undefined && a.origin === b.origin && a.pathname === b.pathname;
}

function malformed(why: string, cause?: unknown) {
  return unauthenticated("proof.malformed", `the proof is not a DPoP proof: ${why}`, cause);
}
