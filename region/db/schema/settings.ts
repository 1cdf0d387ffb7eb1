import { integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** What an admin has set; a setting without a row has its default. */
export const settings = pgTable("settings", {
  name: text("name").primaryKey(),
  /** `{ "is": value }`, for null is a value too; null: reset to the default. */
  value: jsonb("value").$type<{ readonly is: unknown }>(),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull(),
  changedAt: moment("changed_at").notNull(),
});

export type SettingRow = typeof settings.$inferSelect;
