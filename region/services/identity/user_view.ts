import type { Db } from "@/region/db/client.ts";
import { listUserPools, type UserRow } from "@/region/db/queries/users.ts";

/** A user as admins and they themselves see it. */
export interface UserView {
  readonly id: number;
  readonly username: string;
  readonly displayName: string;
  readonly email: string;
  readonly role: UserRow["role"];
  readonly isDisabled: boolean;
  /** Null: all pools. Their groups' pools come on top. */
  readonly poolIds: number[] | null;
  readonly hasPassword: boolean;
  /** Whose identity provider they may sign in with; null: none. */
  readonly oidcIssuer: string | null;
  /** With which address they are invited to link themselves; null: with none. */
  readonly oidcEmail: string | null;
  readonly lastSignInAt: Date | null;
  readonly createdAt: Date;
  readonly version: number;
}

export async function viewUser(db: Db, row: UserRow): Promise<UserView> {
  const { id, username, displayName, email, role, isDisabled, version } = row;
  return {
    id,
    username,
    displayName,
    email,
    role,
    isDisabled,
    poolIds: row.isPoolLimited ? await listUserPools(db, id) : null,
    hasPassword: row.passwordHash !== null,
    oidcIssuer: row.oidcIssuer,
    oidcEmail: row.oidcEmail,
    lastSignInAt: row.lastSignInAt,
    createdAt: row.createdAt,
    version,
  };
}

/** For the audit: what people decide about a user, without what only happens to it. */
export function auditViewOf(view: UserView) {
  const {
    id: _id,
    lastSignInAt: _lastSignInAt,
    createdAt: _createdAt,
    version: _version,
    ...rest
  } = view;
  return rest;
}
