import { and, asc, eq, gte, isNull, max } from "drizzle-orm";
import type { Db } from "../client.ts";
import type { ListOrder, Slice } from "./keyset.ts";
import { type AgentRow, agents, type NewAgent } from "../schema/agents.ts";

export type { AgentRow };

/** Undefined when there is none. */
export async function findAgent(db: Db, id: string): Promise<AgentRow | undefined> {
  const [row] = await db.select().from(agents).where(eq(agents.id, id));
  return row;
}

/** The same, and nobody else gets it until the transaction ends: so its facts come one batch at a time. */
export async function lockAgent(tx: Db, id: string): Promise<AgentRow | undefined> {
  const [row] = await tx.select().from(agents).where(eq(agents.id, id)).for("update");
  return row;
}

export const AGENT_ORDER: ListOrder = {
  columns: {
    siteId: agents.siteId,
    enrolledAt: agents.enrolledAt,
    hostname: agents.hostname,
    id: agents.id,
  },
  unique: ["id"],
  initial: [{ key: "siteId", isDescending: false }, { key: "enrolledAt", isDescending: false }],
};

/** Those revoked too. */
export async function listAgents(
  db: Db,
  filter: { siteId?: string },
  { where, orderBy, limit }: Slice,
): Promise<AgentRow[]> {
  return await db.select().from(agents)
    .where(and(where, filter.siteId === undefined ? undefined : eq(agents.siteId, filter.siteId)))
    .orderBy(...orderBy).limit(limit);
}

/** Throws a violation of `agents_jkt` when another agent has the signing key. */
export async function insertAgent(db: Db, agent: NewAgent): Promise<void> {
  await db.insert(agents).values(agent);
}

/** What a batch of facts says about its agent. */
export async function updateAgent(
  db: Db,
  id: string,
  change: { ackedSeq: number; lastFactsAt: Date; version?: string },
): Promise<void> {
  await db.update(agents).set(change).where(eq(agents.id, id));
}

/** The sign of life of an agent that has nothing to tell. */
export async function setAgentRenewed(db: Db, id: string, at: Date): Promise<void> {
  await db.update(agents).set({ renewedAt: at }).where(eq(agents.id, id));
}

/** Undefined when there is none; one that was revoked before keeps its time. */
export async function markAgentRevoked(
  db: Db,
  id: string,
  at: Date,
): Promise<AgentRow | undefined> {
  await db.update(agents).set({ revokedAt: at })
    .where(and(eq(agents.id, id), isNull(agents.revokedAt)));
  return await findAgent(db, id);
}

/** Ids of the agents that were revoked at `since` or later. */
export async function listRevokedAgentIds(db: Db, since: Date): Promise<string[]> {
  const rows = await db.select({ id: agents.id }).from(agents)
    .where(gte(agents.revokedAt, since)).orderBy(asc(agents.id));
  return rows.map(({ id }) => id);
}

/** When any agent of the site last reported; undefined when none ever did. */
export async function findLastHeard(db: Db, siteId: string): Promise<Date | undefined> {
  const [row] = await db.select({ at: max(agents.lastFactsAt) }).from(agents)
    .where(eq(agents.siteId, siteId));
  return row?.at ?? undefined;
}
