import type { RegionContext } from "@/region/context.ts";
import { findApiKey, touchApiKey } from "@/region/db/queries/api_keys.ts";
import { type ActingUser, findSession, touchSession } from "@/region/db/queries/sessions.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { roleWithin } from "@/shared/identity/scope.ts";
import { hashToken, parseAccessToken, sameHash } from "./access_tokens.ts";
import type { Caller } from "./caller.ts";

/** The use of a key is noted to the hour: enough to find keys that nobody needs. */
const KEY_USE_NOTED_EVERY_MS = 3_600_000;
/** That of a session to the minute: it ends when it is not used. */
const SESSION_USE_NOTED_EVERY_MS = 60_000;

/** What a request brings along to say who sends it. */
export interface Presented {
  /** The `Authorization` header. */
  readonly authorization?: string;
  /** The session's token in the cookie; the header goes first. */
  readonly cookie?: string;
  /** Whether the request may change something: a key with scope `read` may not. */
  readonly isWrite: boolean;
}

/** Who sends this. Throws `unauthenticated`, or `forbidden` for a write with a key that only reads. */
export async function authenticate(ctx: RegionContext, presented: Presented): Promise<Caller> {
  const { authorization, cookie } = presented;
  if (authorization === undefined && cookie === undefined) {
    throw refusal("caller.no_credentials", "send an Authorization: Bearer header with an API key");
  }
  // RFC 9110 §11.1: the scheme's case does not matter.
  const text = authorization === undefined ? cookie : /^bearer +(\S+)$/i.exec(authorization)?.[1];
  const token = text === undefined ? undefined : parseAccessToken(text);
  const caller = token?.kind === "session"
    ? await callerOfSession(ctx, token.text)
    : token && await callerOfKey(ctx, token);
  if (!caller) {
    throw refusal("caller.bad_credentials", "the API key or session token is not valid (any more)");
  }
  if (presented.isWrite && caller.apiKey?.scope === "read") throw onlyReads();
  return caller;
}

async function callerOfSession(ctx: RegionContext, token: string): Promise<Caller | undefined> {
  const found = await findSession(ctx.db, await hashToken(token));
  if (!found || found.user.isDisabled) return undefined;
  const { session } = found;
  const nowMs = ctx.now().getTime();
  const unusedMs = nowMs - session.lastUsedAt.getTime();
  if (session.expiresAt.getTime() <= nowMs || unusedMs > session.idleSeconds * 1000) {
    return undefined;
  }
  if (unusedMs > SESSION_USE_NOTED_EVERY_MS) {
    const since = new Date(nowMs - SESSION_USE_NOTED_EVERY_MS);
    await touchSession(ctx.db, session.id, { at: new Date(nowMs), since });
  }
  return { ...actingAs(found), role: found.user.role, sessionId: session.id };
}

async function callerOfKey(
  ctx: RegionContext,
  token: { text: string; prefix: string },
): Promise<Caller | undefined> {
  const found = await findApiKey(ctx.db, token.prefix);
  const hash = await hashToken(token.text);
  if (!found || !sameHash(found.key.keyHash, hash) || found.user.isDisabled) return undefined;
  const { id, scope, expiresAt, lastUsedAt } = found.key;
  const now = ctx.now();
  if (expiresAt && expiresAt <= now) return undefined;
  const since = new Date(now.getTime() - KEY_USE_NOTED_EVERY_MS);
  if (lastUsedAt === null || lastUsedAt < since) {
    await touchApiKey(ctx.db, id, { at: now, since });
  }
  const role = roleWithin(found.user.role, scope);
  return { ...actingAs(found), role, apiKey: { id, scope, expiresAt } };
}

/** An admin's key of a weaker scope still reaches all pools: the scope limits what, not where. */
function actingAs({ user, poolIds }: ActingUser) {
  const isLimited = user.isPoolLimited && user.role !== "admin";
  return { userId: user.id, username: user.username, ...(isLimited ? { poolIds } : {}) };
}

function onlyReads(): DomainError {
  return new DomainError({
    kind: "forbidden",
    code: "caller.scope_too_narrow",
    message: "this API key only reads",
    value: "read",
    accepted: "operate, admin",
  });
}

function refusal(code: string, message: string): DomainError {
  return new DomainError({ kind: "unauthenticated", code, message });
}
