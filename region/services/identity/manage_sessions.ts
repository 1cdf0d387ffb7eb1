import type { RegionContext } from "@/region/context.ts";
import {
  deleteSession,
  deleteSessionsOf,
  listSessions,
  type SessionRow,
} from "@/region/db/queries/sessions.ts";
import { findUser } from "@/region/db/queries/users.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "./caller.ts";

/** A session as its owner sees it. */
export type SessionView = Omit<SessionRow, "tokenHash" | "userId"> & { isCurrent: boolean };

/** The caller's own, oldest first. */
export async function listOwnSessions(
  ctx: RegionContext,
  caller: Caller,
  limit: number,
): Promise<SessionView[]> {
  requireRole(caller, "viewer");
  const rows = await listSessions(ctx.db, caller.userId, limit);
  return rows.map(({ tokenHash: _, userId: __, ...row }) => ({
    ...row,
    isCurrent: row.id === caller.sessionId,
  }));
}

/** Ends one of the caller's own sessions. Throws `not_found`. */
export async function endSession(
  ctx: RegionContext,
  caller: Caller,
  sessionId: number,
): Promise<void> {
  requireRole(caller, "viewer");
  await ctx.db.transaction(async (tx) => {
    const row = mustFind(await deleteSession(tx, caller.userId, sessionId), "session", sessionId);
    await recordChange(ctx, tx, caller, {
      action: "session.end",
      id: sessionId,
      name: caller.username,
      before: { createdAt: row.createdAt, remoteAddress: row.remoteAddress },
    });
  });
}

/** Ends the session that the request came with. Throws `conflict` when it came with an API key. */
export async function signOut(ctx: RegionContext, caller: Caller): Promise<void> {
  requireRole(caller, "viewer");
  if (caller.sessionId !== undefined) return await endSession(ctx, caller, caller.sessionId);
  throw new DomainError({
    kind: "conflict",
    code: "session.none",
    message: "there is no session to end: you came with an API key; revoke it instead",
  });
}

/** Ends all sessions of a user; how many there were. Throws `not_found`. */
export async function endSessionsOf(
  ctx: RegionContext,
  caller: Caller,
  userId: number,
): Promise<number> {
  requireRole(caller, "admin");
  return await ctx.db.transaction(async (tx) => {
    const user = mustFind(await findUser(tx, userId), "user", userId);
    const ended = await deleteSessionsOf(tx, userId);
    await recordChange(ctx, tx, caller, {
      action: "user.end_sessions",
      id: userId,
      name: user.username,
      before: { sessions: ended },
      after: { sessions: 0 },
    });
    return ended;
  });
}
