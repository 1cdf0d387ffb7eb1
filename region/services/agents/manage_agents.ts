import type { RegionContext } from "@/region/context.ts";
import {
  AGENT_ORDER,
  type AgentRow,
  listAgents as listAgentRows,
  markAgentRevoked,
} from "@/region/db/queries/agents.ts";
import { insertEvent } from "@/region/db/queries/events.ts";
import type { Slice } from "@/region/db/queries/keyset.ts";
import { type Caller, requireRole } from "@/region/services/identity/caller.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { type Page, type PageRequest, readPage, sortNames } from "@/region/services/read_page.ts";
import { readSeen } from "./agents_seen.ts";
import { publishRevocations } from "./revocations.ts";

export const AGENT_SORTS = sortNames(AGENT_ORDER);

/** An agent as people see it. */
export type AgentView =
  & Pick<
    AgentRow,
    "id" | "siteId" | "hostname" | "version" | "enrolledAt" | "revokedAt" | "lastFactsAt"
  >
  & {
    /** Its last sign of life of any kind; of polls, to some minutes. */
    readonly lastSeenAt: Date;
  };

/** All agents, or those of one site; revoked ones too. */
export async function listAgents(
  ctx: RegionContext,
  caller: Caller,
  { siteId, ...request }: PageRequest & { siteId?: string },
): Promise<Page<AgentView>> {
  requireRole(caller, "viewer");
  const read = (slice: Slice) => listAgentRows(ctx.db, { siteId }, slice);
  const { rows, nextCursor } = await readPage(AGENT_ORDER, request, read);
  const { agents: seen } = await readSeen(ctx);
  return { rows: rows.map((row) => agentView(row, seen.get(row.id))), nextCursor };
}

/**
 * Shuts an agent out for good: from now on nothing that it signs is accepted. Again: no harm.
 *
 * Throws `not_found`, or `unavailable` when it is recorded but the list of the revoked could not be
 * published: the next tick does that.
 */
export async function revokeAgent(
  ctx: RegionContext,
  caller: Caller,
  agentId: string,
): Promise<void> {
  requireRole(caller, "admin");
  const at = ctx.now();
  await ctx.db.transaction(async (tx) => {
    const row = mustFind(await markAgentRevoked(tx, agentId, at), "agent", agentId);
    if (row.revokedAt?.getTime() === at.getTime()) {
      await insertEvent(tx, {
        at,
        siteId: row.siteId,
        level: "warning",
        code: "agent.revoked",
        message: `agent ${row.id} on ${row.hostname} was revoked`,
      });
    }
    await recordChange(ctx, tx, caller, {
      action: "agent.revoke",
      id: row.id,
      name: row.hostname,
      before: { siteId: row.siteId, hostname: row.hostname },
      after: { revokedAt: row.revokedAt },
    });
  });
  await publishRevocations(ctx);
}

function agentView(row: AgentRow, polledAt: Date | undefined): AgentView {
  const { id, siteId, hostname, version, enrolledAt, revokedAt, lastFactsAt, renewedAt } = row;
  const signs = [enrolledAt, lastFactsAt, renewedAt, polledAt].map((at) => at?.getTime() ?? 0);
  const lastSeenAt = new Date(Math.max(...signs));
  return { id, siteId, hostname, version, enrolledAt, revokedAt, lastFactsAt, lastSeenAt };
}
