import type { RegionContext } from "@/region/context.ts";
import { insertUser, replaceUserPools } from "@/region/db/queries/users.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { refuseViolations } from "@/region/services/refuse_violations.ts";
import type { Role } from "@/shared/machine/lifecycle.ts";
import { type Caller, requireRole } from "./caller.ts";
import { hashPassword } from "./password.ts";
import { auditViewOf, type UserView, viewUser } from "./user_view.ts";

export interface NewUserInput {
  readonly username: string;
  /** Absent: signs in with the identity provider or by API key only. */
  readonly password?: string;
  readonly role: Role;
  readonly displayName?: string;
  readonly email?: string;
  /** In lower case: who has it at the identity provider, verified, is this user from then on. */
  readonly oidcEmail?: string | null;
  /** Null or absent: all pools. */
  readonly poolIds?: readonly number[] | null;
}

/** Throws `conflict` when the name is taken or a pool is not there. */
export async function createUser(
  ctx: RegionContext,
  caller: Caller,
  input: NewUserInput,
): Promise<UserView> {
  requireRole(caller, "admin");
  const { password, poolIds = null, ...fields } = input;
  const passwordHash = password === undefined
    ? null
    : await hashPassword(password, ctx.randomBytes);
  return await refuseViolations(
    { ...USER_REFUSALS, users_username_key: usernameTaken(input.username) },
    () =>
      ctx.db.transaction(async (tx) => {
        const row = await insertUser(tx, {
          ...fields,
          passwordHash,
          isPoolLimited: poolIds !== null,
          createdAt: ctx.now(),
        });
        await replaceUserPools(tx, row.id, [...new Set(poolIds ?? [])]);
        const view = await viewUser(tx, row);
        await recordChange(ctx, tx, caller, {
          action: "user.create",
          id: row.id,
          name: row.username,
          after: auditViewOf(view),
        });
        return view;
      }),
  );
}

export const USER_REFUSALS = {
  users_oidc_email: {
    code: "user.oidc_email_taken",
    message: "another user is invited by this address",
    field: "oidcEmail",
  },
  user_pools_pool: {
    code: "user.no_such_pool",
    message: "one of these pools is not there",
    field: "poolIds",
  },
};

function usernameTaken(username: string) {
  return {
    code: "user.name_taken",
    message: `another user is named ${username}`,
    field: "username",
  };
}
