import { and, eq, gt, isNull, lt } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type JoinTokenRow, joinTokens } from "../schema/agents.ts";

export async function insertJoinToken(
  db: Db,
  token: { id: string; siteId: string; secretHash: string; expiresAt: Date },
): Promise<void> {
  await db.insert(joinTokens).values(token);
}

/**
 * Uses a token up; undefined when it is unknown, used, expired, or the secret is wrong.
 *
 * One statement: of several that try at once, one gets it, and gives it back if it rolls back.
 */
export async function claimJoinToken(
  tx: Db,
  claim: { id: string; secretHash: string; at: Date },
): Promise<JoinTokenRow | undefined> {
  const [row] = await tx.update(joinTokens).set({ usedAt: claim.at })
    .where(and(
      eq(joinTokens.id, claim.id),
      eq(joinTokens.secretHash, claim.secretHash),
      isNull(joinTokens.usedAt),
      gt(joinTokens.expiresAt, claim.at),
    ))
    .returning();
  return row;
}

/** Remembers who used it; separate from the claim, for the agent's row must be there first. */
export async function setJoinTokenUser(tx: Db, id: string, agentId: string): Promise<void> {
  await tx.update(joinTokens).set({ usedByAgent: agentId }).where(eq(joinTokens.id, id));
}

/** By id and secret; undefined when there is no such pair. */
export async function findJoinToken(
  db: Db,
  token: { id: string; secretHash: string },
): Promise<JoinTokenRow | undefined> {
  const [row] = await db.select().from(joinTokens)
    .where(and(eq(joinTokens.id, token.id), eq(joinTokens.secretHash, token.secretHash)));
  return row;
}

/** Forgets tokens that expired before this time, used or not. */
export async function deleteJoinTokensExpiredBefore(db: Db, time: Date): Promise<void> {
  await db.delete(joinTokens).where(lt(joinTokens.expiresAt, time));
}
