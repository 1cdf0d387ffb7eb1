import { integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** Physical places that fail together. The first, `default`, always exists. */
export const zones = pgTable("zones", {
  id: serial("id").primaryKey(),
  name: text("name").notNull().unique(),
  description: text("description").notNull().default(""),
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull().defaultNow(),
});

/** Machines set apart for some people. The first, `default`, always exists. */
export const pools = pgTable("pools", {
  id: serial("id").primaryKey(),
  name: text("name").notNull().unique(),
  description: text("description").notNull().default(""),
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull().defaultNow(),
});

export type ZoneRow = typeof zones.$inferSelect;
export type PoolRow = typeof pools.$inferSelect;
