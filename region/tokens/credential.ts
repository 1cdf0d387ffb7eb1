import type { SigningKey } from "@/region/context.ts";
import { CredentialClaims } from "@/shared/contract/enrolment.ts";
import { parseClaims } from "./parse_claims.ts";
import { unauthenticated } from "./refusal.ts";
import { signAsRegion, verifyAsRegion } from "./region_keys.ts";

const TYP = "rw-agent+jwt";
/** The agent renews it when two thirds are over. */
export const CREDENTIAL_LIFETIME_SECONDS = 24 * 3600;

export interface IssuedCredential {
  readonly credential: string;
  readonly expiresAt: Date;
}

/** Issues a credential: it says which agent of which site holds the key with thumbprint `jkt`. */
export async function issueCredential(
  keys: readonly SigningKey[],
  agent: { agentId: string; siteId: string; jkt: string },
  now: Date,
): Promise<IssuedCredential> {
  const iat = Math.floor(now.getTime() / 1000);
  const exp = iat + CREDENTIAL_LIFETIME_SECONDS;
  const claims: CredentialClaims = {
    iss: "rackwright-region",
    sub: agent.agentId,
    site: agent.siteId,
    cnf: { jkt: agent.jkt },
    iat,
    exp,
  };
  const credential = await signAsRegion(keys, TYP, JSON.stringify(claims));
  return { credential, expiresAt: new Date(exp * 1000) };
}

/**
 * The claims of a credential that one of our keys signed.
 *
 * Throws `credential.malformed`, `.signature`, or `.expired`; the last is left to the caller with
 * `acceptExpired`, for an agent that was cut off for longer than a credential lives.
 */
export async function verifyCredential(
  keys: readonly SigningKey[],
  credential: string,
  when: { now: Date; acceptExpired?: boolean },
): Promise<CredentialClaims> {
  const verified = await verifyAsRegion(keys, TYP, credential);
  if (verified.kind === "bad_signature") {
    throw unauthenticated("credential.signature", "no key of this region signed the credential");
  }
  const claims = verified.kind === "ok"
    ? parseClaims(CredentialClaims, verified.payload)
    : undefined;
  if (!claims) throw unauthenticated("credential.malformed", "the credential cannot be read");
  if (!when.acceptExpired && when.now.getTime() >= claims.exp * 1000) {
    const ended = new Date(claims.exp * 1000).toISOString();
    throw unauthenticated("credential.expired", `the credential ended at ${ended}; renew it`);
  }
  return claims;
}
