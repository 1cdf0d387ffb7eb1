import { bigint, bigserial, boolean, integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";
import type { EventLevel } from "./events.ts";

/** Where events are sent to as they happen. */
export const webhooks = pgTable("webhooks", {
  id: serial("id").primaryKey(),
  url: text("url").notNull(),
  description: text("description").notNull().default(""),
  sealedSecret: text("sealed_secret").notNull(),
  /** A code, or the start of one and `*`; none: all. */
  codes: text("codes").array().notNull(),
  /** This level and the graver ones. */
  level: text("level").$type<EventLevel>().notNull(),
  siteId: text("site_id"),
  isEnabled: boolean("is_enabled").notNull().default(true),
  disabledBecause: text("disabled_because"),
  failingSince: moment("failing_since"),
  /** How far the feed has been looked through for it. */
  place: bigint("place", { mode: "number" }).notNull(),
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull(),
});

export type DeliveryState = "pending" | "delivered" | "failed";

/** One event on its way to one webhook; the log of what came of it. */
export const webhookDeliveries = pgTable("webhook_deliveries", {
  id: bigserial("id", { mode: "number" }).primaryKey(),
  webhookId: integer("webhook_id").notNull(),
  /** Null: a ping. */
  eventId: bigint("event_id", { mode: "number" }),
  kind: text("kind").notNull(),
  /** As it is signed and sent, so that every attempt is the same. */
  body: text("body").notNull(),
  state: text("state").$type<DeliveryState>().notNull(),
  attempts: integer("attempts").notNull().default(0),
  nextAttemptAt: moment("next_attempt_at").notNull(),
  createdAt: moment("created_at").notNull(),
  lastAttemptAt: moment("last_attempt_at"),
  lastStatus: integer("last_status"),
  lastError: text("last_error"),
  lastDurationMs: integer("last_duration_ms"),
});

export type WebhookRow = typeof webhooks.$inferSelect;
export type NewWebhook = typeof webhooks.$inferInsert;
export type DeliveryRow = typeof webhookDeliveries.$inferSelect;
export type NewDelivery = typeof webhookDeliveries.$inferInsert;
