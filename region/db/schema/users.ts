import { integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import type { Role } from "@/shared/machine/lifecycle.ts";
import { moment } from "./columns.ts";

/** People and scripts that may sign in. */
export const users = pgTable("users", {
  id: serial("id").primaryKey(),
  username: text("username").notNull().unique(),
  /** argon2id, in PHC string format. */
  passwordHash: text("password_hash").notNull(),
  role: text("role").$type<Role>().notNull(),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull(),
});

/** Sign-ins by password; only the hash of a token is kept. */
export const sessions = pgTable("sessions", {
  /** SHA-256 of the token, in hex. */
  tokenHash: text("token_hash").primaryKey(),
  userId: integer("user_id").notNull(),
  expiresAt: moment("expires_at").notNull(),
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
  lastUsedAt: moment("last_used_at"),
});

/** Public keys that a user lets into the machines deployed for them. */
export const sshKeys = pgTable("ssh_keys", {
  id: serial("id").primaryKey(),
  userId: integer("user_id").notNull(),
  key: text("key").notNull(),
  comment: text("comment").notNull(),
});

export type UserRow = typeof users.$inferSelect;
export type SessionRow = typeof sessions.$inferSelect;
export type ApiKeyRow = typeof apiKeys.$inferSelect;
export type SshKeyRow = typeof sshKeys.$inferSelect;
