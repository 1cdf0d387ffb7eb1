import { bigserial, boolean, integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

export const subnets = pgTable("subnets", {
  id: serial("id").primaryKey(),
  siteId: text("site_id").notNull(),
  cidr: text("cidr").notNull(),
  gateway: text("gateway"),
  dnsServers: text("dns_servers").array().notNull(),
  domain: text("domain"),
  dhcp: boolean("dhcp").notNull(),
  leaseSeconds: integer("lease_seconds").notNull(),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
});

/** `dynamic`: for machines without a reservation; `reserved`: never given out. */
export type IpRangeKind = "dynamic" | "reserved";

/** Addresses from `first` to `last`, both included. */
export const ipRanges = pgTable("ip_ranges", {
  id: serial("id").primaryKey(),
  subnetId: integer("subnet_id").notNull(),
  kind: text("kind").$type<IpRangeKind>().notNull(),
  first: text("first").notNull(),
  last: text("last").notNull(),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
});

/** Promised addresses. */
export const reservations = pgTable("reservations", {
  id: serial("id").primaryKey(),
  subnetId: integer("subnet_id").notNull(),
  mac: text("mac").notNull(),
  ipv4: text("ipv4").notNull(),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
});

/**
 * Addresses in use, as the agents report them. At most one row per site and address is open.
 *
 * History: `subnetId` is not a foreign key, for a fact may arrive after its subnet is gone.
 */
export const leases = pgTable("leases", {
  id: bigserial("id", { mode: "number" }).primaryKey(),
  siteId: text("site_id").notNull(),
  ipv4: text("ipv4").notNull(),
  mac: text("mac").notNull(),
  subnetId: integer("subnet_id").notNull(),
  hostname: text("hostname"),
  givenAt: moment("given_at").notNull(),
  endedAt: moment("ended_at"),
});

export type SubnetRow = typeof subnets.$inferSelect;
export type NewSubnet = typeof subnets.$inferInsert;
export type IpRangeRow = typeof ipRanges.$inferSelect;
export type ReservationRow = typeof reservations.$inferSelect;
export type LeaseRow = typeof leases.$inferSelect;
