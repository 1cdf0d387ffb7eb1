import type { RegionContext } from "@/region/context.ts";
import {
  findApiKey,
  findSessionUser,
  touchApiKey,
  type UserRow,
} from "@/region/db/queries/users.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type AccessToken, hashToken, parseAccessToken, sameHash } from "./access_tokens.ts";
import type { Caller } from "./caller.ts";

/** The use of a key is noted to the hour: enough to find keys that nobody needs. */
const USE_NOTED_EVERY_MS = 3_600_000;

/** Who sends this `Authorization` header. Throws `unauthenticated`. */
export async function authenticate(
  ctx: RegionContext,
  authorization: string | undefined,
): Promise<Caller> {
  if (authorization === undefined) {
    throw refusal("caller.no_credentials", "send an Authorization: Bearer header with an API key");
  }
  // RFC 9110 §11.1: the scheme's case does not matter.
  const [, text] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
  const token = text === undefined ? undefined : parseAccessToken(text);
  const user = token && await findUserOf(ctx, token);
  if (!user) {
    throw refusal("caller.bad_credentials", "the API key or session token is not valid (any more)");
  }
  return { userId: user.id, username: user.username, role: user.role };
}

async function findUserOf(ctx: RegionContext, token: AccessToken): Promise<UserRow | undefined> {
  const now = ctx.now();
  const hash = await hashToken(token.text);
  if (token.kind === "session") return await findSessionUser(ctx.db, hash, now);
  const found = await findApiKey(ctx.db, token.prefix);
  if (!found || !sameHash(found.key.keyHash, hash)) return undefined;
  const since = new Date(now.getTime() - USE_NOTED_EVERY_MS);
  if (found.key.lastUsedAt === null || found.key.lastUsedAt < since) {
    await touchApiKey(ctx.db, found.key.id, { at: now, since });
  }
  return found.user;
}

function refusal(code: string, message: string): DomainError {
  return new DomainError({ kind: "unauthenticated", code, message });
}
