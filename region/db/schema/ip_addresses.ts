import { integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import { ipAddress, moment } from "./columns.ts";

/**
 * `reservation`: given by DHCP to one MAC; `user`: kept for a person; `static` and `auto`: of an
 * interface of a machine, for good or for the time of a deploy.
 */
export const IP_ADDRESS_KINDS = ["reservation", "user", "static", "auto"] as const;
export type IpAddressKind = typeof IP_ADDRESS_KINDS[number];

/** Addresses that are promised to somebody. A subnet has each address at most once. */
export const ipAddresses = pgTable("ip_addresses", {
  id: serial("id").primaryKey(),
  subnetId: integer("subnet_id").notNull(),
  ip: ipAddress("ip").notNull(),
  kind: text("kind").$type<IpAddressKind>().notNull(),
  mac: text("mac"),
  hostname: text("hostname"),
  comment: text("comment").notNull().default(""),
  /** The interface's link that has it: of `static` and `auto`. */
  linkId: integer("link_id"),
  /** Who asked for it. */
  userId: integer("user_id"),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull().defaultNow(),
});

export type IpAddressRow = typeof ipAddresses.$inferSelect;
export type NewIpAddress = typeof ipAddresses.$inferInsert;
