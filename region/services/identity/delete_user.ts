import type { RegionContext } from "@/region/context.ts";
import {
  countOwnedMachines,
  deleteUser as deleteUserRow,
  findUser,
  lockUsers,
} from "@/region/db/queries/users.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "./caller.ts";
import { refuseLastAdmin } from "./update_user.ts";
import { auditViewOf, viewUser } from "./user_view.ts";

/**
 * Removes a user with their sessions, keys and memberships. Throws `not_found`, or `conflict` for
 * the last admin and for whoever owns machines.
 */
export async function deleteUser(
  ctx: RegionContext,
  caller: Caller,
  input: { userId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { userId, ifVersion } = input;
  await ctx.db.transaction(async (tx) => {
    await lockUsers(tx);
    const user = mustFind(await findUser(tx, userId), "user", userId);
    expectVersion(user, ifVersion);
    await refuseLastAdmin(tx, user);
    const owned = await countOwnedMachines(tx, userId);
    if (owned > 0) throw ownsMachines(user.username, owned);
    const before = auditViewOf(await viewUser(tx, user));
    await deleteUserRow(tx, userId);
    await recordChange(ctx, tx, caller, {
      action: "user.delete",
      id: userId,
      name: user.username,
      before,
    });
  });
}

function ownsMachines(username: string, machines: number): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "user.owns_machines",
    value: String(machines),
    message: `${username} owns ${machines} machine(s); release them first, or disable the user`,
  });
}
