import { bigserial, integer, pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

export type EventLevel = "info" | "warning" | "error";

/** What people are told happened, newest last. */
export const events = pgTable("events", {
  /** Below zero until the event has its place in the feed. */
  id: bigserial("id", { mode: "number" }).primaryKey(),
  at: moment("at").notNull(),
  siteId: text("site_id"),
  machineId: integer("machine_id"),
  operationId: text("operation_id"),
  level: text("level").$type<EventLevel>().notNull(),
  /** Stable, such as `machine.status_changed`. */
  code: text("code").notNull(),
  message: text("message").notNull(),
});

export type EventRow = typeof events.$inferSelect;
export type NewEvent = typeof events.$inferInsert;
