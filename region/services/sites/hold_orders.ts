import type { RegionContext } from "@/region/context.ts";
import { insertEvents } from "@/region/db/queries/outcomes.ts";
import {
  type HeldOperation,
  listHeldOperations,
  listSharedSites,
  setHolder,
} from "@/region/db/queries/order_leases.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import { nextHolder, type SeenAgent } from "@/region/domain/order_lease.ts";
import { readSeen } from "@/region/services/agents/agents_seen.ts";

/**
 * Leases the running operations of a site with several agents, each to one of them.
 *
 * One statement where the site has one agent, which needs no lease.
 */
export async function holdOrdersOfSite(ctx: RegionContext, siteId: string): Promise<void> {
  const [site] = await listSharedSites(ctx.db, [siteId]);
  if (!site) return;
  const operations = await listHeldOperations(ctx.db, [siteId]);
  const open = operations.filter(({ holderAgentId }) => holderAgentId === null);
  if (open.length === 0) return;
  const agents = await seenAgents(ctx, site.agents);
  for (const operation of open) await passOn(ctx, operation, agents);
}

/** Passes operations on whose holder was not seen for the length of a lease; safe to repeat. */
export async function passOnOrders(ctx: RegionContext): Promise<void> {
  const sites = await listSharedSites(ctx.db);
  if (sites.length === 0) return;
  const operations = await listHeldOperations(ctx.db, sites.map(({ siteId }) => siteId));
  for (const { siteId, agents } of sites) {
    const held = operations.filter((operation) =>
      operation.siteId === siteId && operation.holderAgentId !== null
    );
    if (held.length === 0) continue;
    const seen = await seenAgents(ctx, agents);
    for (const operation of held) await passOn(ctx, operation, seen);
  }
}

async function passOn(
  ctx: RegionContext,
  operation: HeldOperation,
  agents: readonly SeenAgent[],
): Promise<void> {
  const { id, siteId, machineId, holderAgentId: before, holderSince } = operation;
  const held = before === null ? undefined : { by: before, since: holderSince ?? new Date(0) };
  const at = ctx.now();
  const holder = nextHolder(agents, held, at);
  if (holder === undefined) return;
  await ctx.db.transaction(async (tx) => {
    if (!await setHolder(tx, id, { before, holder, at }) || before === null) return;
    await insertEvents(tx, [{
      at,
      siteId,
      machineId,
      operationId: id,
      level: "warning",
      code: "operation.passed_on",
      message: `agent ${before} was not seen any more; agent ${holder} goes on`,
    }]);
    await bumpGeneration(tx, siteId);
  });
}

async function seenAgents(
  ctx: RegionContext,
  agents: readonly { id: string; seenAt: Date }[],
): Promise<SeenAgent[]> {
  const { agents: polled } = await readSeen(ctx);
  return agents.map(({ id, seenAt }) => {
    const polledAt = polled.get(id);
    return { id, seenAt: polledAt && polledAt > seenAt ? polledAt : seenAt };
  });
}
