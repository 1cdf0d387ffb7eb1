import type { RegionContext } from "@/region/context.ts";
import { insertAgent } from "@/region/db/queries/agents.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import {
  claimJoinToken,
  findJoinToken,
  setJoinTokenUser,
} from "@/region/db/queries/join_tokens.ts";
import { findSite } from "@/region/db/queries/sites.ts";
import type { SiteRow } from "@/region/db/queries/site_state.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { issueCredential } from "@/region/tokens/credential.ts";
import { sha256Hex } from "@/region/tokens/digest.ts";
import { parseJoinToken } from "@/region/tokens/join_token.ts";
import { unauthenticated } from "@/region/tokens/refusal.ts";
import { publicRegionKeys, thumbprintOf } from "@/region/tokens/region_keys.ts";
import { openSiteKey, sealSiteKeyToAgent } from "@/region/tokens/site_key.ts";
import type { EnrolmentRequest, EnrolmentResponse } from "@/shared/contract/enrolment.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type AgentRequest, proveRequest } from "./authenticate_agent.ts";

/**
 * Makes a host the agent of the site that its join token was made for.
 *
 * The proof is checked first, and whatever goes wrong later gives the token back: it is used up only
 * by an enrolment that succeeds. Throws `proof.*`, `join_token.invalid`, `.used`, `.expired`.
 */
export async function enrolAgent(
  ctx: RegionContext,
  request: AgentRequest,
  wanted: EnrolmentRequest,
): Promise<EnrolmentResponse> {
  const { jkt } = await proveRequest(ctx, request, undefined);
  if (jkt !== await thumbprintOf(wanted.signingKey)) {
    throw unauthenticated(
      "proof.key_mismatch",
      "the proof is by another key than the one that is to be enrolled",
    );
  }
  const { agentId, site } = await refuseViolations(
    {
      agents_jkt: {
        code: "agent.key_taken",
        message: "an agent with this signing key is enrolled",
      },
    },
    () => ctx.db.transaction((tx) => join({ ...ctx, db: tx }, wanted, jkt)),
  );
  ctx.log("agent.enrolled", { agent: agentId, site: site.id, host: wanted.hostname });
  await publishSoon(ctx, site.id);
  return await answer(ctx, { agentId, site, jkt, encryptionKey: wanted.encryptionKey });
}

/** Uses up the token and makes the agent; `ctx.db` is a transaction. */
async function join(
  ctx: RegionContext,
  wanted: EnrolmentRequest,
  jkt: string,
): Promise<{ agentId: string; site: SiteRow }> {
  const at = ctx.now();
  const { id: tokenId, siteId } = await claim(ctx, wanted.token, at);
  const site = mustFind(await findSite(ctx.db, siteId), "site", siteId);
  const agentId = `a-${idFromBytes(ctx.randomBytes(6))}`;
  const { signingKey, encryptionKey, hostname, agentVersion: version } = wanted;
  await insertAgent(ctx.db, {
    id: agentId,
    siteId,
    hostname,
    signingJwk: { kty: signingKey.kty, crv: signingKey.crv, x: signingKey.x },
    jkt,
    encryptionJwk: { kty: encryptionKey.kty, crv: encryptionKey.crv, x: encryptionKey.x },
    version,
    enrolledAt: at,
  });
  await setJoinTokenUser(ctx.db, tokenId, agentId);
  await insertEvent(ctx.db, {
    at,
    siteId,
    level: "info",
    code: "agent.enrolled",
    message: `agent ${agentId} on ${hostname} joined the site`,
  });
  await recordChange(ctx, ctx.db, { userId: null, username: agentId }, {
    action: "agent.enrol",
    id: agentId,
    name: hostname,
    after: { siteId, hostname, joinToken: tokenId },
  });
  return { agentId, site };
}

async function claim(
  ctx: RegionContext,
  text: string,
  at: Date,
): Promise<{ id: string; siteId: string }> {
  const token = parseJoinToken(text);
  if (!token) throw tokenRefused("invalid", "the join token is not valid");
  const secretHash = await sha256Hex(new TextEncoder().encode(token.secret));
  const claimed = await claimJoinToken(ctx.db, { id: token.id, secretHash, at });
  if (claimed) return claimed;
  // Only somebody who holds the secret is told more.
  const known = await findJoinToken(ctx.db, { id: token.id, secretHash });
  if (!known) throw tokenRefused("invalid", "the join token is not valid");
  if (known.usedAt) throw tokenRefused("used", "the join token was used already; make a new one");
  const ended = known.expiresAt.toISOString();
  throw tokenRefused("expired", `the join token expired at ${ended}; make a new one`);
}

function tokenRefused(why: "invalid" | "used" | "expired", message: string): DomainError {
  return new DomainError({ kind: "unauthenticated", code: `join_token.${why}`, message });
}

async function answer(
  ctx: RegionContext,
  joined: {
    agentId: string;
    site: SiteRow;
    jkt: string;
    encryptionKey: EnrolmentRequest["encryptionKey"];
  },
): Promise<EnrolmentResponse> {
  const { agentId, site, jkt, encryptionKey: { kty, crv, x } } = joined;
  const keys = ctx.secrets.signingKeys;
  const siteKey = await openSiteKey(ctx.secrets.sealKey, site);
  const issued = await issueCredential(keys, { agentId, siteId: site.id, jkt }, ctx.now());
  return {
    agentId,
    site: { id: site.id, name: site.name },
    regionKeys: publicRegionKeys(keys),
    sealedSiteKey: await sealSiteKeyToAgent(siteKey, { kty, crv, x }),
    credential: issued.credential,
    credentialExpiresAt: issued.expiresAt.toISOString(),
  };
}
