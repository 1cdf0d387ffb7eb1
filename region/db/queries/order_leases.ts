import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { agents } from "../schema/agents.ts";
import { type OperationRow, operations } from "../schema/operations.ts";

export type HeldOperation = Pick<
  OperationRow,
  "id" | "siteId" | "machineId" | "holderAgentId" | "holderSince"
>;

/** Sites with more than one agent, and those; of these sites, or of all. */
export async function listSharedSites(
  db: Db,
  siteIds?: readonly string[],
): Promise<{ siteId: string; agents: { id: string; seenAt: Date }[] }[]> {
  const rows = await db.select({
    id: agents.id,
    siteId: agents.siteId,
    enrolledAt: agents.enrolledAt,
    lastFactsAt: agents.lastFactsAt,
  }).from(agents).where(and(
    isNull(agents.revokedAt),
    siteIds && inArray(agents.siteId, [...siteIds]),
  ));
  return [...Map.groupBy(rows, ({ siteId }) => siteId)]
    .filter(([, own]) => own.length > 1)
    .map(([siteId, own]) => ({
      siteId,
      agents: own.map(({ id, lastFactsAt, enrolledAt }) => ({
        id,
        seenAt: lastFactsAt ?? enrolledAt,
      })),
    }));
}

/** Running operations of these sites, with who has them. */
export async function listHeldOperations(
  db: Db,
  siteIds: readonly string[],
): Promise<HeldOperation[]> {
  const { id, siteId, machineId, holderAgentId, holderSince } = operations;
  return await db.select({ id, siteId, machineId, holderAgentId, holderSince }).from(operations)
    .where(and(eq(operations.state, "running"), inArray(siteId, [...siteIds])));
}

/** Leases an operation to an agent if `before` still has it (null: nobody); false otherwise. */
export async function setHolder(
  db: Db,
  id: string,
  lease: { before: string | null; holder: string; at: Date },
): Promise<boolean> {
  const { before, holder, at } = lease;
  const rows = await db.update(operations)
    .set({
      holderAgentId: holder,
      holderSince: at,
      wasPassedOn: before === null ? sql`${operations.wasPassedOn}` : true,
    })
    .where(and(
      eq(operations.id, id),
      eq(operations.state, "running"),
      before === null ? isNull(operations.holderAgentId) : eq(operations.holderAgentId, before),
    ))
    .returning({ id: operations.id });
  return rows.length > 0;
}
