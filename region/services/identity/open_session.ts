import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { insertSession } from "@/region/db/queries/sessions.ts";
import { setLastSignIn, type UserRow } from "@/region/db/queries/users.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { readSettings } from "@/region/services/settings/read_settings.ts";
import { makeSessionToken } from "./access_tokens.ts";

const USER_AGENT_CHARS_MAX = 200;

/** Where somebody signs in from. */
export interface Origin {
  readonly remoteAddress?: string;
  readonly userAgent?: string;
  readonly requestId?: string;
}

export interface OpenedSession {
  /** Shown only now. */
  readonly token: string;
  readonly sessionId: number;
  readonly expiresAt: Date;
}

/** Opens a session for a user who has proved who they are. */
export async function openSession(
  ctx: RegionContext,
  tx: Db,
  user: UserRow,
  origin: Origin,
): Promise<OpenedSession> {
  const now = ctx.now();
  const { sessionHours, sessionIdleMinutes } = await readSettings(tx);
  const { token, hash } = await makeSessionToken(ctx.randomBytes);
  const session = await insertSession(tx, {
    tokenHash: hash,
    userId: user.id,
    createdAt: now,
    lastUsedAt: now,
    idleSeconds: sessionIdleMinutes * 60,
    expiresAt: new Date(now.getTime() + sessionHours * 3_600_000),
    remoteAddress: origin.remoteAddress,
    userAgent: origin.userAgent?.slice(0, USER_AGENT_CHARS_MAX),
  });
  await setLastSignIn(tx, user.id, now);
  const caller = { ...origin, userId: user.id, username: user.username, role: user.role };
  const { id: sessionId, expiresAt } = session;
  await recordChange(ctx, tx, caller, {
    action: "session.open",
    id: sessionId,
    name: user.username,
    after: { expiresAt, userAgent: session.userAgent },
  });
  return { token, sessionId, expiresAt };
}
