import { bigint, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** A public key of an agent, RFC 8037. */
export interface AgentJwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519" | "X25519";
  readonly x: string;
}

/** Rack agents that have joined. */
export const agents = pgTable("agents", {
  /** `a-` and six characters. */
  id: text("id").primaryKey(),
  siteId: text("site_id").notNull(),
  hostname: text("hostname").notNull(),
  signingJwk: jsonb("signing_jwk").$type<AgentJwk>().notNull(),
  /** Thumbprint of the signing key, RFC 7638. */
  jkt: text("jkt").notNull().unique(),
  encryptionJwk: jsonb("encryption_jwk").$type<AgentJwk>().notNull(),
  version: text("version").notNull(),
  enrolledAt: moment("enrolled_at").notNull(),
  /** Set: nothing that it signs is accepted any more. */
  revokedAt: moment("revoked_at"),
  /** Its facts are applied up to and including this number. */
  ackedSeq: bigint("acked_seq", { mode: "number" }).notNull().default(0),
  lastFactsAt: moment("last_facts_at"),
  /** When it last renewed its credential: an idle agent's only sign of life here, about daily. */
  renewedAt: moment("renewed_at"),
});

/** Tokens that let one host join one site, once. */
export const joinTokens = pgTable("join_tokens", {
  /** The public part of the token, by which it is found. */
  id: text("id").primaryKey(),
  siteId: text("site_id").notNull(),
  /** SHA-256 of the secret part, in hex. */
  secretHash: text("secret_hash").notNull(),
  expiresAt: moment("expires_at").notNull(),
  usedAt: moment("used_at"),
  usedByAgent: text("used_by_agent"),
});

export type AgentRow = typeof agents.$inferSelect;
export type NewAgent = typeof agents.$inferInsert;
export type JoinTokenRow = typeof joinTokens.$inferSelect;
