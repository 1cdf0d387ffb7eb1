import { boolean, integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import type { RecordType } from "@/shared/net/dns_record_type.ts";
import { moment } from "./columns.ts";

/** Names that machines, devices and people's records are in. Exactly one is the default. */
export const dnsDomains = pgTable("dns_domains", {
  id: serial("id").primaryKey(),
  /** Lower case, A-labels, without the dot at the end. */
  name: text("name").notNull().unique(),
  /** Seconds; null: the zone's own default. */
  ttl: integer("ttl"),
  /** Whether the region makes its zone; false: others answer for it. */
  isAuthoritative: boolean("is_authoritative").notNull().default(true),
  /** Whoever nobody put elsewhere is in it. */
  isDefault: boolean("is_default").notNull().default(false),
  description: text("description").notNull().default(""),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull().defaultNow(),
});

/** What people put into a domain, beside the names of machines and devices. */
export const dnsRecords = pgTable("dns_records", {
  id: serial("id").primaryKey(),
  domainId: integer("domain_id").notNull(),
  /** Below the domain; `@`: the domain itself. */
  name: text("name").notNull(),
  type: text("type").$type<RecordType>().notNull(),
  /** As in a zone file, names complete; of TXT the text itself. */
  data: text("data").notNull(),
  /** Seconds; null: the domain's. */
  ttl: integer("ttl"),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull().defaultNow(),
});

export type DomainRow = typeof dnsDomains.$inferSelect;
export type NewDomain = typeof dnsDomains.$inferInsert;
export type RecordRow = typeof dnsRecords.$inferSelect;
export type NewRecord = typeof dnsRecords.$inferInsert;
