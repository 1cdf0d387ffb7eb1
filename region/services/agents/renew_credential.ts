import type { RegionContext } from "@/region/context.ts";
import { findAgent, setAgentRenewed } from "@/region/db/queries/agents.ts";
import { issueCredential } from "@/region/tokens/credential.ts";
import { unauthenticated } from "@/region/tokens/refusal.ts";
import { publicRegionKeys } from "@/region/tokens/region_keys.ts";
import type { CredentialResponse } from "@/shared/contract/enrolment.ts";
import { type AgentRequest, authenticateAgent } from "./authenticate_agent.ts";

/**
 * A fresh credential for an agent that shows its last one, expired or not.
 *
 * A site may be cut off for days and must come back by itself; so what counts here is that the
 * region signed the credential once, that the agent still holds its key, and that the database does
 * not say otherwise.
 */
export async function renewCredential(
  ctx: RegionContext,
  request: AgentRequest,
): Promise<CredentialResponse> {
  const { agentId, jkt } = await authenticateAgent(ctx, request, { acceptExpired: true });
  const agent = await findAgent(ctx.db, agentId);
  if (!agent || agent.revokedAt || agent.jkt !== jkt) {
    throw unauthenticated("credential.revoked", `agent ${agentId} was revoked`);
  }
  await setAgentRenewed(ctx.db, agentId, ctx.now());
  const keys = ctx.secrets.signingKeys;
  const issued = await issueCredential(keys, { agentId, siteId: agent.siteId, jkt }, ctx.now());
  return {
    credential: issued.credential,
    credentialExpiresAt: issued.expiresAt.toISOString(),
    regionKeys: publicRegionKeys(keys),
  };
}
