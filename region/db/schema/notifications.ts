import { boolean, integer, jsonb, pgTable, primaryKey, serial, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

export const NOTIFICATION_CATEGORIES = ["info", "success", "warning", "error"] as const;
export type NotificationCategory = typeof NOTIFICATION_CATEGORIES[number];

/** What people shall see in the console until it is over or they have put it away. */
export const notifications = pgTable("notifications", {
  id: serial("id").primaryKey(),
  /** By which the region finds again what it said of a condition; null: a person wrote it. */
  ident: text("ident").unique(),
  category: text("category").$type<NotificationCategory>().notNull(),
  message: text("message").notNull(),
  /** What it is about, for programs: ids by their names. */
  context: jsonb("context").$type<Readonly<Record<string, string | number>>>().notNull(),
  forAdmins: boolean("for_admins").notNull(),
  /** Operators and viewers. */
  forUsers: boolean("for_users").notNull(),
  /** Whose alone it is; null: of everybody named above. */
  userId: integer("user_id"),
  isDismissable: boolean("is_dismissable").notNull(),
  createdAt: moment("created_at").notNull(),
  /** Null: until the condition ends, or somebody removes it. */
  expiresAt: moment("expires_at"),
});

/** Who has put what away. */
export const notificationDismissals = pgTable("notification_dismissals", {
  notificationId: integer("notification_id").notNull(),
  userId: integer("user_id").notNull(),
}, (table) => [primaryKey({ columns: [table.notificationId, table.userId] })]);

/** When a sweep that is not worth every tick was last taken on, by whichever region. */
export const sweeps = pgTable("sweeps", {
  name: text("name").primaryKey(),
  lastAt: moment("last_at").notNull(),
});

export type NotificationRow = typeof notifications.$inferSelect;
export type NewNotification = typeof notifications.$inferInsert;
