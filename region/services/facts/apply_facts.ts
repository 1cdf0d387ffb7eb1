import type { RegionContext } from "@/region/context.ts";
import { lockAgent, updateAgent } from "@/region/db/queries/agents.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { storable } from "@/region/domain/storable.ts";
import type { AgentCaller } from "@/region/services/agents/authenticate_agent.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { unauthenticated } from "@/region/tokens/refusal.ts";
import type { AnyFact, FactsRequest, FactsResponse } from "@/shared/contract/facts.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { projectFacts } from "./project_facts.ts";

/**
 * Stores an agent's facts and applies them, each (agent, seq) once; what was applied is skipped.
 *
 * All or nothing: when it answers, everything up to `ackedSeq` is durable. The numbers may skip, for
 * an agent whose disk was full has dropped details, but they must rise.
 */
export async function applyFacts(
  ctx: RegionContext,
  caller: AgentCaller,
  request: FactsRequest,
): Promise<FactsResponse> {
  checkRequest(caller, request);
  const applied = await ctx.db.transaction(async (tx) => {
    // The lock also puts two posts of one agent in order.
    const agent = await lockAgent(tx, caller.agentId);
    if (!agent || agent.revokedAt) {
      throw unauthenticated("credential.revoked", `agent ${caller.agentId} was revoked`);
    }
    const fresh = request.facts.filter(({ seq }) => seq > agent.ackedSeq).map(cleaned);
    const last = fresh.at(-1);
    if (!last) return { ackedSeq: agent.ackedSeq, changesState: false };
    const { siteId } = agent;
    const { changesState } = await projectFacts({ ...ctx, db: tx }, {
      agentId: agent.id,
      siteId,
    }, fresh);
    await updateAgent(tx, agent.id, {
      ackedSeq: last.seq,
      lastFactsAt: ctx.now(),
      ...versionIn(fresh),
    });
    if (changesState) await bumpGeneration(tx, siteId);
    return { ackedSeq: last.seq, changesState };
  });
  if (applied.changesState) await publishSoon(ctx, caller.siteId);
  return { ackedSeq: applied.ackedSeq };
}

function checkRequest(caller: AgentCaller, { agentId, firstSeq, facts }: FactsRequest): void {
  if (agentId !== caller.agentId) {
    throw new DomainError({
      kind: "forbidden",
      code: "facts.of_another_agent",
      message: `agent ${caller.agentId} cannot report facts of agent ${agentId}`,
      field: "agentId",
    });
  }
  const offender = facts.findIndex(({ seq }, i) =>
    i === 0 ? seq !== firstSeq : seq <= (facts[i - 1]?.seq ?? 0)
  );
  if (offender >= 0) {
    throw new DomainError({
      kind: "invalid_input",
      code: "facts.out_of_order",
      message: `facts must begin with firstSeq and rise; number ${facts[offender]?.seq} does not`,
      field: `facts[${offender}].seq`,
    });
  }
}

/** PostgreSQL knows no year 0; a clock that says so is not set, and says as much with 1970. */
const EARLIEST = "1970-01-01T00:00:00.000Z";

function cleaned(fact: AnyFact): AnyFact {
  const clean = storable(fact);
  return clean.at < EARLIEST ? { ...clean, at: EARLIEST } : clean;
}

/** What the agent said of itself when it last started. */
function versionIn(facts: readonly AnyFact[]): { version?: string } {
  const started = facts.findLast(({ kind }) => kind === "agent.started");
  return typeof started?.version === "string" ? { version: started.version.slice(0, 64) } : {};
}
