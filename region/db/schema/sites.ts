import { boolean, integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

export const sites = pgTable("sites", {
  /** `s-` and six characters. */
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** Rises in every transaction that changes what the site should be. */
  wantedGeneration: integer("wanted_generation").notNull().default(1),
  /** The generation of the document in the object store; behind `wantedGeneration`: rebuild it. */
  publishedGeneration: integer("published_generation").notNull().default(0),
  /** When that document was put there; null: before this was written down. */
  publishedAt: moment("published_at"),
  /** The site's 256-bit key as a compact JWE under the region's seal key. */
  sealedSiteKey: text("sealed_site_key").notNull(),
  /** Whether unknown machines are taken in. */
  enlist: boolean("enlist").notNull().default(true),
  /** What its agents fetch before a machine asks, as `os/release`; null: everything. */
  prefetch: jsonb("prefetch").$type<string[]>(),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull(),
});

export type SiteRow = typeof sites.$inferSelect;
export type NewSite = typeof sites.$inferInsert;
