import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { setMemberships } from "@/region/db/queries/groups.ts";
import type { IdentityProviderRow } from "@/region/db/queries/identity_providers.ts";
import {
  findUserByName,
  findUserByOidc,
  findUserByOidcEmail,
  insertUser,
  linkUser,
  lockUsers,
  updateUser,
  type UserRow,
} from "@/region/db/queries/users.ts";
import type { ProvenPerson } from "@/region/domain/oidc/proven_person.ts";
import { USERNAME, USERNAME_ACCEPTED } from "@/shared/identity/username.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Origin } from "../identity/open_session.ts";
import { refuseLastAdmin } from "../identity/update_user.ts";
import { auditViewOf, viewUser } from "../identity/user_view.ts";

interface Found {
  readonly provider: IdentityProviderRow;
  /** Who they are at the provider. */
  readonly account: { readonly issuer: string; readonly subject: string };
  readonly person: ProvenPerson;
  readonly origin: Origin;
}

/**
 * The user whom a proven person is: linked before, invited, or made now; with the role and groups
 * that the mappings give. Throws `forbidden` in words when there is none, or they may not in.
 */
export async function findPerson(ctx: RegionContext, tx: Db, found: Found): Promise<UserRow> {
  await lockUsers(tx);
  const { provider, account, person } = found;
  const known = await findUserByOidc(tx, account) ?? await link(ctx, tx, found);
  if (known?.isDisabled) throw noEntry("session.oidc_disabled", "this user is disabled here");
  const user = known
    ? await followRole(ctx, tx, { ...found, user: known })
    : await create(ctx, tx, found);
  const mappedIds = [...new Set(provider.groupMappings.map(({ groupId }) => groupId))];
  const change = await setMemberships(tx, {
    userId: user.id,
    mappedIds,
    groupIds: person.groupIds,
  });
  if (change.joined.length + change.left.length > 0) {
    await record(ctx, tx, found, {
      action: "user.follow_groups",
      id: user.id,
      name: user.username,
      before: { left: change.left },
      after: { joined: change.joined },
    });
  }
  return user;
}

/** Whom an admin has invited by the address that the provider has verified. */
async function link(ctx: RegionContext, tx: Db, found: Found): Promise<UserRow | undefined> {
  const { account, person: { verifiedEmail } } = found;
  if (verifiedEmail === undefined) return undefined;
  const invited = await findUserByOidcEmail(tx, verifiedEmail);
  if (!invited || invited.isDisabled) return invited;
  const user = await linkUser(tx, invited.id, account);
  await record(ctx, tx, found, {
    action: "user.link",
    id: user.id,
    name: user.username,
    before: auditViewOf(await viewUser(tx, invited)),
    after: auditViewOf(await viewUser(tx, user)),
  });
  return user;
}

/** Their role is the provider's to say only where roles are mapped. */
async function followRole(
  ctx: RegionContext,
  tx: Db,
  { user, ...found }: Found & { user: UserRow },
): Promise<UserRow> {
  const { provider: { roleMappings }, person: { role } } = found;
  if (roleMappings.length === 0 || role === user.role) return user;
  if (role === null) throw noRole();
  if (role !== "admin") await refuseLastAdmin(tx, user);
  const changed = await updateUser(tx, user, { role });
  if (!changed) throw new Error("users are locked, and this one changed all the same");
  await record(ctx, tx, found, {
    action: "user.update",
    id: user.id,
    name: user.username,
    before: auditViewOf(await viewUser(tx, user)),
    after: auditViewOf(await viewUser(tx, changed)),
  });
  return changed;
}

async function create(
  ctx: RegionContext,
  tx: Db,
  found: Found,
): Promise<UserRow> {
  const { provider, account, person } = found;
  if (!provider.createsUsers) {
    throw noEntry(
      "session.oidc_unknown",
      "nobody here is linked to this account; have an admin invite you by your e-mail address " +
        "(oidcEmail of a user)",
    );
  }
  const { role, username = "" } = person;
  if (role === null) throw noRole();
  if (!USERNAME.test(username)) {
    throw noEntry(
      "session.oidc_bad_name",
      `the provider's claim ${provider.usernameClaim} is no user name: use ${USERNAME_ACCEPTED}`,
    );
  }
  // Whoever has the name here may be somebody else: names at a provider can often be chosen.
  if (await findUserByName(tx, username)) {
    throw noEntry(
      "session.oidc_name_taken",
      `there is a user ${username} here who is not linked to this account; have an admin invite ` +
        "you by your e-mail address (oidcEmail of that user)",
    );
  }
  const user = await insertUser(tx, {
    username,
    role,
    displayName: person.displayName,
    email: person.verifiedEmail ?? "",
    isPoolLimited: provider.limitsNewUsers,
    oidcIssuer: account.issuer,
    oidcSubject: account.subject,
    createdAt: ctx.now(),
  });
  await record(ctx, tx, found, {
    action: "user.create",
    id: user.id,
    name: username,
    after: auditViewOf(await viewUser(tx, user)),
  });
  return user;
}

/** The region did it, by what the provider said. */
async function record(
  ctx: RegionContext,
  tx: Db,
  { origin: { remoteAddress, requestId } }: Found,
  change: Parameters<typeof recordChange>[3],
): Promise<void> {
  const actor = { userId: null, username: "identity provider", remoteAddress, requestId };
  await recordChange(ctx, tx, actor, change);
}

function noRole(): DomainError {
  return noEntry("session.oidc_no_role", "the provider puts you in no group that may sign in");
}

function noEntry(code: string, message: string): DomainError {
  return new DomainError({ kind: "forbidden", code, message });
}
