import { boolean, integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import type { Scope } from "@/shared/identity/scope.ts";
import type { Role } from "@/shared/machine/lifecycle.ts";
import { moment } from "./columns.ts";

/** People and scripts that may sign in. */
export const users = pgTable("users", {
  id: serial("id").primaryKey(),
  username: text("username").notNull().unique(),
  /** argon2id, in PHC string format. Null: signs in elsewhere only. */
  passwordHash: text("password_hash"),
  role: text("role").$type<Role>().notNull(),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull(),
  displayName: text("display_name").notNull().default(""),
  email: text("email").notNull().default(""),
  /** Nobody may sign in as them, and their sessions and keys let nobody in. */
  isDisabled: boolean("is_disabled").notNull().default(false),
  /** Sees only the machines of `user_pools` and of their groups' pools; never said of admins. */
  isPoolLimited: boolean("is_pool_limited").notNull().default(false),
  /** Who they are at the identity provider, OpenID Connect Core §2; null: a user of this region only. */
  oidcIssuer: text("oidc_issuer"),
  oidcSubject: text("oidc_subject"),
  /** An invitation, in lower case: whoever the provider proves to have this address is this user. */
  oidcEmail: text("oidc_email").unique(),
  lastSignInAt: moment("last_sign_in_at"),
});

/** Sign-ins; only the hash of a token is kept. */
export const sessions = pgTable("sessions", {
  /** SHA-256 of the token, in hex. */
  tokenHash: text("token_hash").primaryKey(),
  /** By which its owner names it. */
  id: serial("id").notNull(),
  userId: integer("user_id").notNull(),
  createdAt: moment("created_at").notNull(),
  /** To the minute. */
  lastUsedAt: moment("last_used_at").notNull(),
  /** Ends when not used for so long. */
  idleSeconds: integer("idle_seconds").notNull(),
  /** Ends then in any case. */
  expiresAt: moment("expires_at").notNull(),
  remoteAddress: text("remote_address"),
  userAgent: text("user_agent").notNull().default(""),
});

/** Long-lived keys for scripts, shown once. */
export const apiKeys = pgTable("api_keys", {
  id: serial("id").primaryKey(),
  userId: integer("user_id").notNull(),
  /** The public part of the key, by which it is found. */
  prefix: text("prefix").notNull().unique(),
  /** SHA-256 of the whole key, in hex. */
  keyHash: text("key_hash").notNull(),
  createdAt: moment("created_at").notNull(),
  /** To the hour. */
  lastUsedAt: moment("last_used_at"),
  description: text("description").notNull().default(""),
  /** What it may do at most; never more than its user. */
  scope: text("scope").$type<Scope>().notNull().default("admin"),
  /** Null: until it is revoked. */
  expiresAt: moment("expires_at"),
});

/** Public keys that a user lets into the machines deployed for them. */
export const sshKeys = pgTable("ssh_keys", {
  id: serial("id").primaryKey(),
  userId: integer("user_id").notNull(),
  key: text("key").notNull(),
  comment: text("comment").notNull(),
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull().defaultNow(),
});

export type UserRow = typeof users.$inferSelect;
export type SessionRow = typeof sessions.$inferSelect;
export type ApiKeyRow = typeof apiKeys.$inferSelect;
export type SshKeyRow = typeof sshKeys.$inferSelect;
