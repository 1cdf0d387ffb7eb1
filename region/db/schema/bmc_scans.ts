import { jsonb, pgTable, text } from "drizzle-orm/pg-core";
import type { FoundBmc } from "@/shared/contract/bmc_scan.ts";
import { moment } from "./columns.ts";

/** A network that a site was asked to look through for BMCs. */
export const bmcScans = pgTable("bmc_scans", {
  id: text("id").primaryKey(),
  siteId: text("site_id").notNull(),
  cidr: text("cidr").notNull(),
  state: text("state").$type<"running" | "done" | "failed">().notNull(),
  askedAt: moment("asked_at").notNull(),
  /** Null: it is under way. */
  endedAt: moment("ended_at"),
  message: text("message"),
  found: jsonb("found").$type<FoundBmc[]>().notNull().default([]),
});

export type BmcScanRow = typeof bmcScans.$inferSelect;
