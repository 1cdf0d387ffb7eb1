import type { RegionContext } from "@/region/context.ts";
import { deleteExpiredSessions, findUserByName, insertSession } from "@/region/db/queries/users.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { makeSessionToken } from "./access_tokens.ts";
import { verifyPassword } from "./password.ts";

const SESSION_HOURS = 12;

/** Of a password nobody has; checked when the name is unknown, so that the answer takes as long. */
const NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$" +
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/**
 * Opens a session for a user who knows the password.
 *
 * Throws one and the same `unauthenticated` for an unknown name and a wrong password.
 */
export async function signIn(
  ctx: RegionContext,
  input: { username: string; password: string },
): Promise<{ token: string; expiresAt: Date }> {
  const user = await findUserByName(ctx.db, input.username);
  const isRight = await verifyPassword(input.password, user?.passwordHash ?? NOBODYS_HASH);
  if (!user || !isRight) {
    ctx.log("session.refused", { username: input.username });
    throw new DomainError({
      kind: "unauthenticated",
      code: "session.refused",
      message: "the name or the password is wrong",
    });
  }
  const now = ctx.now();
  const { token, hash } = await makeSessionToken(ctx.randomBytes);
  const expiresAt = new Date(now.getTime() + SESSION_HOURS * 3_600_000);
  await deleteExpiredSessions(ctx.db, now);
  await insertSession(ctx.db, { tokenHash: hash, userId: user.id, expiresAt });
  return { token, expiresAt };
}
