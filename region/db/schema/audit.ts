import { bigserial, integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
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
});

export type AuditRow = typeof auditEntries.$inferSelect;
export type NewAuditEntry = typeof auditEntries.$inferInsert;
