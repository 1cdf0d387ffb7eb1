import { bigserial, boolean, integer, jsonb, pgTable, serial, text } from "drizzle-orm/pg-core";
import { ipAddress, moment } from "./columns.ts";

/** `serve`: addresses and boot options; `proxy`: boot options beside somebody else's DHCP. */
export type DhcpMode = "serve" | "proxy" | "off";

/** How to reach a network past the default gateway, RFC 3442. */
export interface ClasslessRoute {
  readonly destination: string;
  readonly gateway: string;
}

export const subnets = pgTable("subnets", {
  id: serial("id").primaryKey(),
  siteId: text("site_id").notNull(),
  vlanId: integer("vlan_id").notNull(),
  cidr: text("cidr").notNull(),
  name: text("name").notNull().default(""),
  description: text("description").notNull().default(""),
  gateway: text("gateway"),
  dnsServers: text("dns_servers").array().notNull(),
  domain: text("domain"),
  dhcpMode: text("dhcp_mode").$type<DhcpMode>().notNull().default("serve"),
  leaseSeconds: integer("lease_seconds").notNull(),
  /** False: somebody else gives its addresses; ours are those of its reserved ranges. */
  isManaged: boolean("is_managed").notNull().default(true),
  ntpServers: text("ntp_servers").array().notNull().default([]),
  searchDomains: text("search_domains").array().notNull().default([]),
  classlessRoutes: jsonb("classless_routes").$type<ClasslessRoute[]>().notNull().default([]),
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
  first: ipAddress("first").notNull(),
  last: ipAddress("last").notNull(),
  comment: text("comment").notNull().default(""),
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
export type NewIpRange = typeof ipRanges.$inferInsert;
export type LeaseRow = typeof leases.$inferSelect;
