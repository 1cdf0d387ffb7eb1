import { and, eq, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type IdentityProviderRow, identityProviders } from "../schema/identity_providers.ts";

export type {
  GroupMapping,
  IdentityProviderRow,
  RoleMapping,
} from "../schema/identity_providers.ts";

const ONLY_ID = 1;

/** Undefined when none is set up. */
export async function findIdentityProvider(db: Db): Promise<IdentityProviderRow | undefined> {
  const [row] = await db.select().from(identityProviders);
  return row;
}

/**
 * Sets the provider up if nobody wrote it since it had `version` (0: there was none); undefined if
 * somebody did.
 */
export async function writeIdentityProvider(
  db: Db,
  version: number,
  values: Omit<IdentityProviderRow, "id" | "version">,
): Promise<IdentityProviderRow | undefined> {
  const [row] = await db.insert(identityProviders)
    .values({ ...values, id: ONLY_ID, version: version + 1 })
    .onConflictDoUpdate({
      target: identityProviders.id,
      set: { ...values, version: sql`${identityProviders.version} + 1` },
      setWhere: and(eq(identityProviders.id, ONLY_ID), eq(identityProviders.version, version)),
    }).returning();
  return row;
}

/** True when it was there. */
export async function deleteIdentityProvider(db: Db): Promise<boolean> {
  return (await db.delete(identityProviders).returning({ id: identityProviders.id })).length > 0;
}
