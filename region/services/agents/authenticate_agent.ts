import type { RegionContext } from "@/region/context.ts";
import { verifyCredential } from "@/region/tokens/credential.ts";
import { sha256Base64url } from "@/region/tokens/digest.ts";
import { verifyProof } from "@/region/tokens/proof.ts";
import { unauthenticated } from "@/region/tokens/refusal.ts";
import { isAgentRevoked } from "./revocations.ts";

/** A request of an agent as it came; `path` without query, `body` empty where there is none. */
export interface AgentRequest {
  readonly method: string;
  readonly path: string;
  /** The `Authorization` header. */
  readonly authorization?: string;
  /** The `DPoP` header. */
  readonly proof?: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An agent that has proven itself. */
export interface AgentCaller {
  readonly agentId: string;
  readonly siteId: string;
  /** Thumbprint of its signing key. */
  readonly jkt: string;
}

/**
 * Who sent a request. Looks at credential, proof and the list of revoked agents; not at the database.
 *
 * Throws `unauthenticated` with a code for each thing that can be wrong. `acceptExpired` is for
 * renewal, where the database is asked instead.
 */
export async function authenticateAgent(
  ctx: RegionContext,
  request: AgentRequest,
  options: { acceptExpired?: boolean } = {},
): Promise<AgentCaller> {
  const credential = readCredential(request.authorization);
  const now = ctx.now();
  const claims = await verifyCredential(ctx.secrets.signingKeys, credential, { now, ...options });
  const { jkt } = await proveRequest(ctx, request, credential);
  if (jkt !== claims.cnf.jkt) {
    throw unauthenticated(
      "credential.key_mismatch",
      "the credential belongs to another key than the one that made the proof",
    );
  }
  if (await isAgentRevoked(ctx, claims.sub)) {
    throw unauthenticated("credential.revoked", `agent ${claims.sub} was revoked`);
  }
  return { agentId: claims.sub, siteId: claims.site, jkt };
}

/** Checks the proof of a request alone; an enrolment has no credential yet. */
export async function proveRequest(
  ctx: RegionContext,
  request: AgentRequest,
  credential: string | undefined,
): Promise<{ jkt: string }> {
  const { method, path, body, proof } = request;
  const url = `${ctx.publicUrl}${path}`;
  const bodyHash = await sha256Base64url(body);
  return await verifyProof(proof, { method, url, bodyHash, credential }, ctx.now());
}

/** An agent may only read and write its own site. */
export function requireSite(caller: AgentCaller, siteId: string): void {
  if (caller.siteId === siteId) return;
  throw unauthenticated(
    "credential.wrong_site",
    `the credential is for site ${caller.siteId}, not ${siteId}`,
  );
}

/** RFC 9449 §7.1: the scheme is DPoP, whatever its case. */
function readCredential(authorization: string | undefined): string {
  const [, credential] = /^DPoP +(\S+)$/i.exec(authorization ?? "") ?? [];
  if (credential !== undefined) return credential;
  throw unauthenticated(
    "credential.missing",
    'the request has no credential; send "Authorization: DPoP <credential>"',
  );
}
