import type { RegionContext } from "@/region/context.ts";
import { findUserByName } from "@/region/db/queries/users.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { countAttempt, forgetFailures } from "./limit_attempts.ts";
import { type OpenedSession, openSession, type Origin } from "./open_session.ts";
import { verifyPassword } from "./password.ts";

/** Of a password nobody has; checked when the name is unknown, so that the answer takes as long. */
export const NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$" +
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/**
 * Opens a session for a user who knows the password.
 *
 * Throws one and the same `unauthenticated` for an unknown name, a disabled user and a wrong
 * password; `limited` after too many of these.
 */
export async function signIn(
  ctx: RegionContext,
  input: { username: string; password: string },
  origin: Origin,
): Promise<OpenedSession> {
  const username = input.username.toLowerCase();
  const attempt = { username, remoteAddress: origin.remoteAddress };
  await countAttempt(ctx, attempt);
  const user = await findUserByName(ctx.db, username);
  const isRight = await verifyPassword(input.password, user?.passwordHash ?? NOBODYS_HASH);
  if (!user || !isRight || user.isDisabled) {
    ctx.log("session.refused", { username, remoteAddress: origin.remoteAddress });
    throw new DomainError({
      kind: "unauthenticated",
      code: "session.refused",
      message: "the name or the password is wrong",
    });
  }
  await forgetFailures(ctx, attempt);
  return await ctx.db.transaction((tx) => openSession(ctx, tx, user, origin));
}
