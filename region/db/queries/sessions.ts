import { and, asc, eq, lt, ne, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type SessionRow, sessions, type UserRow, users } from "../schema/users.ts";
import { reachablePoolIds } from "./users.ts";

export type { SessionRow } from "../schema/users.ts";

/** A user with what their requests need to know. */
export interface ActingUser {
  readonly user: UserRow;
  /** Their own pools and their groups'; of no meaning unless they are limited to pools. */
  readonly poolIds: number[];
}

export async function insertSession(
  db: Db,
  session: typeof sessions.$inferInsert,
): Promise<SessionRow> {
  const [row] = await db.insert(sessions).values(session).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

/** A session and whose it is, in one statement; undefined when no session has this token. */
export async function findSession(
  db: Db,
  tokenHash: string,
): Promise<(ActingUser & { session: SessionRow }) | undefined> {
  const [row] = await db.select({ user: users, session: sessions, poolIds: reachablePoolIds() })
    .from(sessions).innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(sessions.tokenHash, tokenHash));
  return row;
}

/** Notes the use, unless one after `since` is noted already. */
export async function touchSession(
  db: Db,
  id: number,
  use: { at: Date; since: Date },
): Promise<void> {
  await db.update(sessions).set({ lastUsedAt: use.at })
    .where(and(eq(sessions.id, id), lt(sessions.lastUsedAt, use.since)));
}

/** Oldest first. */
export async function listSessions(db: Db, userId: number, limit: number): Promise<SessionRow[]> {
  return await db.select().from(sessions).where(eq(sessions.userId, userId))
    .orderBy(asc(sessions.id)).limit(limit);
}

/** The session, if the user had it. */
export async function deleteSession(
  db: Db,
  userId: number,
  id: number,
): Promise<SessionRow | undefined> {
  const [row] = await db.delete(sessions)
    .where(and(eq(sessions.id, id), eq(sessions.userId, userId))).returning();
  return row;
}

/** Ends the sessions of a user, but for one; how many there were. */
export async function deleteSessionsOf(
  db: Db,
  userId: number,
  options: { exceptId?: number } = {},
): Promise<number> {
  const { exceptId } = options;
  const rows = await db.delete(sessions)
    .where(and(
      eq(sessions.userId, userId),
      exceptId === undefined ? undefined : ne(sessions.id, exceptId),
    ))
    .returning({ id: sessions.id });
  return rows.length;
}

/** Those whose time is over, and those that were not used for too long. */
export async function deleteExpiredSessions(db: Db, now: Date): Promise<void> {
  const idleSince = sql`${sessions.lastUsedAt} + make_interval(secs => ${sessions.idleSeconds})`;
  await db.delete(sessions).where(or(lt(sessions.expiresAt, now), lt(idleSince, now)));
}
