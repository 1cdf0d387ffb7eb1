import type { RegionContext } from "@/region/context.ts";
import { deleteSessionsOf } from "@/region/db/queries/sessions.ts";
import { findUser, updateUser, type UserChange, type UserRow } from "@/region/db/queries/users.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "./caller.ts";
import { countAttempt, forgetFailures } from "./limit_attempts.ts";
import { hashPassword, verifyPassword } from "./password.ts";
import { NOBODYS_HASH } from "./sign_in.ts";
import { auditViewOf, type UserView, viewUser } from "./user_view.ts";

/** Changes what people may decide about themselves: how they are called and written to. */
export async function updateOwnUser(
  ctx: RegionContext,
  caller: Caller,
  input: { displayName?: string; email?: string; ifVersion?: number },
): Promise<UserView> {
  requireRole(caller, "viewer");
  const { ifVersion, ...change } = input;
  return await changeOwn(ctx, caller, { action: "user.update", change, ifVersion });
}

/**
 * Changes the caller's own password; all their other sessions end, their API keys stay.
 *
 * Throws `invalid_input` when the current one is wrong, `limited` after too many of these.
 */
export async function changeOwnPassword(
  ctx: RegionContext,
  caller: Caller,
  input: { currentPassword: string; newPassword: string },
): Promise<void> {
  requireRole(caller, "viewer");
  const { username, remoteAddress } = caller;
  await countAttempt(ctx, { username, remoteAddress });
  const user = await findUser(ctx.db, caller.userId);
  if (!await verifyPassword(input.currentPassword, user?.passwordHash ?? NOBODYS_HASH)) {
    throw new DomainError({
      kind: "invalid_input",
      code: "user.wrong_password",
      field: "currentPassword",
      message: "this is not your current password",
    });
  }
  await forgetFailures(ctx, { username, remoteAddress });
  const passwordHash = await hashPassword(input.newPassword, ctx.randomBytes);
  await changeOwn(ctx, caller, { action: "user.change_password", change: { passwordHash } });
}

interface OwnChange {
  readonly action: `user.${string}`;
  readonly change: Pick<UserChange, "displayName" | "email" | "passwordHash">;
  readonly ifVersion?: number;
}

async function changeOwn(
  ctx: RegionContext,
  caller: Caller,
  { action, change, ifVersion }: OwnChange,
): Promise<UserView> {
  const id = caller.userId;
  return await retryOnChange(`user ${id}`, () =>
    ctx.db.transaction(async (tx) => {
      const read: UserRow = mustFind(await findUser(tx, id), "user", id);
      expectVersion(read, ifVersion);
      const row = await updateUser(tx, read, change);
      if (!row) throw new ChangedMeanwhile();
      if (change.passwordHash) await deleteSessionsOf(tx, id, { exceptId: caller.sessionId });
      const [before, after] = [await viewUser(tx, read), await viewUser(tx, row)];
      await recordChange(ctx, tx, caller, {
        action,
        id,
        name: row.username,
        before: auditViewOf(before),
        after: auditViewOf(after),
      });
      return after;
    }));
}
