import { type AnyPgColumn, boolean, integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** Networks that may talk to each other without passing a firewall; VLANs of any site. */
export const spaces = pgTable("spaces", {
  id: serial("id").primaryKey(),
  name: text("name").notNull().unique(),
  description: text("description").notNull().default(""),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull().defaultNow(),
});

/** Switches of a site that are connected: inside it a VLAN's number means one thing. */
export const fabrics = pgTable("fabrics", {
  id: serial("id").primaryKey(),
  siteId: text("site_id").notNull(),
  name: text("name").notNull(),
  /** What sort it is, for people and for allocation: `10g`, `storage`. */
  classType: text("class_type"),
  description: text("description").notNull().default(""),
  /** Made with the site; a subnet of which nobody said where it is lies here. */
  isDefault: boolean("is_default").notNull().default(false),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull().defaultNow(),
});

export const vlans = pgTable("vlans", {
  id: serial("id").primaryKey(),
  fabricId: integer("fabric_id").notNull(),
  siteId: text("site_id").notNull(),
  /** IEEE 802.1Q; 0: frames without a tag. */
  vid: integer("vid").notNull(),
  name: text("name").notNull(),
  description: text("description").notNull().default(""),
  /** Bytes. */
  mtu: integer("mtu").notNull().default(1500),
  /** Off: the agent answers no DHCP on any of its subnets. */
  dhcp: boolean("dhcp").notNull().default(true),
  /** Where a relay carries this VLAN's DHCP to; the relay itself is the operator's. */
  relayVlanId: integer("relay_vlan_id").references((): AnyPgColumn => vlans.id),
  spaceId: integer("space_id"),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull().defaultNow(),
});

export type SpaceRow = typeof spaces.$inferSelect;
export type FabricRow = typeof fabrics.$inferSelect;
export type NewFabric = typeof fabrics.$inferInsert;
export type VlanRow = typeof vlans.$inferSelect;
export type NewVlan = typeof vlans.$inferInsert;
