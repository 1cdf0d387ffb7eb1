import { boolean, integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import type { Role } from "@/shared/machine/lifecycle.ts";
import { moment } from "./columns.ts";

/** The OpenID provider that people may sign in with: one row, or none. */
export const identityProviders = pgTable("identity_providers", {
  id: integer("id").primaryKey(),
  version: integer("version").notNull().default(1),
  isEnabled: boolean("is_enabled").notNull(),
  /** What is on the button. */
  label: text("label").notNull(),
  issuer: text("issuer").notNull(),
  clientId: text("client_id").notNull(),
  /** A compact JWE under the region's seal key. Null: a public client, which has only PKCE. */
  sealedClientSecret: text("sealed_client_secret"),
  scopes: text("scopes").array().notNull(),
  usernameClaim: text("username_claim").notNull(),
  groupsClaim: text("groups_claim"),
  /** The strongest that fits is the user's role, at every sign-in. */
  roleMappings: jsonb("role_mappings").$type<readonly RoleMapping[]>().notNull(),
  /** Memberships of these groups, and of no others, follow the claim at every sign-in. */
  groupMappings: jsonb("group_mappings").$type<readonly GroupMapping[]>().notNull(),
  /** Where no mapping fits; null: nobody is let in without one. */
  defaultRole: text("default_role").$type<Exclude<Role, "admin">>(),
  /** Whether people whom nobody has made a user for are made one. */
  createsUsers: boolean("creates_users").notNull(),
  /** Whether those see only the machines of their groups' pools. */
  limitsNewUsers: boolean("limits_new_users").notNull(),
  /** In lower case; empty: any, also none. */
  emailDomains: text("email_domains").array().notNull(),
  changedAt: moment("changed_at").notNull(),
});

export interface RoleMapping {
  readonly value: string;
  readonly role: Role;
}

export interface GroupMapping {
  readonly value: string;
  readonly groupId: number;
}

export type IdentityProviderRow = typeof identityProviders.$inferSelect;
