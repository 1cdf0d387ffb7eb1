import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { deleteSessionsOf } from "@/region/db/queries/sessions.ts";
import {
  countOtherAdmins,
  findUser,
  lockUsers,
  replaceUserPools,
  updateUser as updateUserRow,
  type UserChange,
  type UserRow,
} from "@/region/db/queries/users.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Role } from "@/shared/machine/lifecycle.ts";
import { type Caller, requireRole } from "./caller.ts";
import { USER_REFUSALS } from "./create_user.ts";
import { hashPassword } from "./password.ts";
import { auditViewOf, type UserView, viewUser } from "./user_view.ts";

export interface UserChangeInput {
  readonly userId: number;
  readonly role?: Role;
  readonly displayName?: string;
  readonly email?: string;
  readonly isDisabled?: boolean;
  /** Null: all pools. */
  readonly poolIds?: readonly number[] | null;
  /** Null: no password any more. */
  readonly password?: string | null;
  /** In lower case: whom the identity provider proves to have this address, this user is. */
  readonly oidcEmail?: string | null;
  /** True: no account of the identity provider is theirs any more. */
  readonly unlinkOidc?: boolean;
  readonly ifVersion?: number;
}

/**
 * Changes another's account. Their sessions end when they are disabled, unlinked, or get another
 * password.
 *
 * Throws `forbidden` for the caller's own role, `conflict` when the last admin would be gone.
 */
export async function updateUser(
  ctx: RegionContext,
  caller: Caller,
  input: UserChangeInput,
): Promise<UserView> {
  requireRole(caller, "admin");
  const { userId, ifVersion, poolIds, password, unlinkOidc, ...fields } = input;
  const change: UserChange = {
    ...fields,
    ...(unlinkOidc ? { oidcIssuer: null, oidcSubject: null } : {}),
    ...(poolIds === undefined ? {} : { isPoolLimited: poolIds !== null }),
    ...(password === undefined ? {} : {
      passwordHash: password === null ? null : await hashPassword(password, ctx.randomBytes),
    }),
  };
  const attempt = () =>
    ctx.db.transaction(async (tx) => {
      await lockUsers(tx);
      const read = mustFind(await findUser(tx, userId), "user", userId);
      expectVersion(read, ifVersion);
      refuseOwnRole(caller, read, fields.role);
      if (isAdminNoMore(fields)) await refuseLastAdmin(tx, read);
      const before = auditViewOf(await viewUser(tx, read));
      const row = await updateUserRow(tx, read, change);
      if (!row) throw new ChangedMeanwhile();
      if (poolIds !== undefined) await replaceUserPools(tx, userId, [...new Set(poolIds ?? [])]);
      if (row.isDisabled || unlinkOidc || password !== undefined) {
        await deleteSessionsOf(tx, userId, { exceptId: caller.sessionId });
      }
      const view = await viewUser(tx, row);
      await recordChange(ctx, tx, caller, {
        action: password === undefined ? "user.update" : "user.set_password",
        id: userId,
        name: row.username,
        before,
        after: auditViewOf(view),
      });
      return view;
    });
  return await refuseViolations(USER_REFUSALS, () => retryOnChange(`user ${userId}`, attempt));
}

/** Throws `conflict` when nobody else could administer the region. Call it under `lockUsers`. */
export async function refuseLastAdmin(tx: Db, user: UserRow): Promise<void> {
  if (user.role !== "admin" || user.isDisabled) return;
  if (await countOtherAdmins(tx, user.id) > 0) return;
  throw new DomainError({
    kind: "conflict",
    code: "user.last_admin",
    message: `${user.username} is the last admin; make another one first`,
  });
}

/** Nobody raises their own role, and nobody drops it by mistake: another admin does either. */
function refuseOwnRole(caller: Caller, user: UserRow, role: Role | undefined): void {
  if (user.id !== caller.userId || role === undefined || role === user.role) return;
  throw new DomainError({
    kind: "forbidden",
    code: "user.own_role",
    field: "role",
    value: role,
    accepted: user.role,
    message: "you cannot change your own role; another admin can",
  });
}

function isAdminNoMore(change: { role?: Role; isDisabled?: boolean }): boolean {
  return (change.role !== undefined && change.role !== "admin") || change.isDisabled === true;
}
