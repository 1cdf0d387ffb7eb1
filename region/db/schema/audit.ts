import { bigint, bigserial, boolean, integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** Who changed what, append-only. It names people and things by value, for it outlives them. */
export const auditEntries = pgTable("audit_entries", {
  id: bigserial("id", { mode: "number" }).primaryKey(),
  at: moment("at").notNull(),
  /** Null: the region itself. */
  userId: integer("user_id"),
  username: text("username").notNull(),
  remoteAddress: text("remote_address"),
  requestId: text("request_id"),
  /** Such as `subnet.update`. */
  action: text("action").notNull(),
  /** Such as `subnet`. */
  kind: text("kind").notNull(),
  objectId: text("object_id").notNull(),
  objectName: text("object_name"),
  /** Null: it was made. */
  before: jsonb("before"),
  /** Null: it was removed. */
  after: jsonb("after"),
  /** Its place in the chain, from 1 without gaps; null until sealed. */
  position: bigint("position", { mode: "number" }),
  /** SHA-256 in hex of the hash before it and of this entry; null until sealed. */
  hash: text("hash"),
});

/** The region's signatures over the chain. */
export const auditSeals = pgTable("audit_seals", {
  position: bigint("position", { mode: "number" }).primaryKey(),
  hash: text("hash").notNull(),
  /** True: what stood up to here was removed on purpose, and the chain begins behind it. */
  isBase: boolean("is_base").notNull().default(false),
  signed: text("signed").notNull(),
  at: moment("at").notNull(),
});

export type AuditRow = typeof auditEntries.$inferSelect;
export type AuditSealRow = typeof auditSeals.$inferSelect;
export type NewAuditEntry = typeof auditEntries.$inferInsert;
