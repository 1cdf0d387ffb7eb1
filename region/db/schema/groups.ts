import { integer, pgTable, primaryKey, serial, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** People who work in the same pools. */
export const groups = pgTable("groups", {
  id: serial("id").primaryKey(),
  name: text("name").notNull().unique(),
  description: text("description").notNull().default(""),
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull(),
});

export const groupMembers = pgTable("group_members", {
  groupId: integer("group_id").notNull(),
  userId: integer("user_id").notNull(),
}, (table) => [primaryKey({ columns: [table.groupId, table.userId] })]);

/** Pools that a group opens to those of its members who are limited to pools. */
export const groupPools = pgTable("group_pools", {
  groupId: integer("group_id").notNull(),
  poolId: integer("pool_id").notNull(),
}, (table) => [primaryKey({ columns: [table.groupId, table.poolId] })]);

/** Pools that are open to one user who is limited to pools. */
export const userPools = pgTable("user_pools", {
  userId: integer("user_id").notNull(),
  poolId: integer("pool_id").notNull(),
}, (table) => [primaryKey({ columns: [table.userId, table.poolId] })]);

export type GroupRow = typeof groups.$inferSelect;
