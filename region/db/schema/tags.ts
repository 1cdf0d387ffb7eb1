import { integer, pgTable, primaryKey, serial, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** Marks on machines, put there by people or by an expression over what was found in the machine. */
export const tags = pgTable("tags", {
  id: serial("id").primaryKey(),
  name: text("name").notNull().unique(),
  comment: text("comment").notNull().default(""),
  /** Null: put on machines by people. */
  definition: text("definition"),
  /** Appended to the kernel command line of machines with this tag. */
  kernelOptions: text("kernel_options").notNull().default(""),
  /** Machines with greater numbers are still to be held against the definition; null: none are. */
  pendingAfterId: integer("pending_after_id"),
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull().defaultNow(),
});

export const machineTags = pgTable("machine_tags", {
  machineId: integer("machine_id").notNull(),
  tagId: integer("tag_id").notNull(),
}, (table) => [primaryKey({ columns: [table.machineId, table.tagId] })]);

export type TagRow = typeof tags.$inferSelect;
