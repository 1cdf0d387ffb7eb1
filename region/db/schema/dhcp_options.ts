import { boolean, integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** Options that people add to what the agent sends; at most one of the three ids says for whom. */
export const dhcpOptions = pgTable("dhcp_options", {
  id: serial("id").primaryKey(),
  siteId: text("site_id"),
  subnetId: integer("subnet_id"),
  machineId: integer("machine_id"),
  code: integer("code").notNull(),
  /** How `value` is written. */
  type: text("type").notNull(),
  value: text("value").notNull(),
  /** The value's bytes, made when it was saved. */
  hex: text("hex").notNull(),
  description: text("description").notNull().default(""),
  isEnabled: boolean("is_enabled").notNull().default(true),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull().defaultNow(),
});

export type DhcpOptionRow = typeof dhcpOptions.$inferSelect;
export type NewDhcpOption = typeof dhcpOptions.$inferInsert;
