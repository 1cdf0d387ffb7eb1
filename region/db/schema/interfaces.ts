import { boolean, integer, jsonb, pgTable, primaryKey, serial, text } from "drizzle-orm/pg-core";
import type { InterfaceKind, InterfaceParameters, LinkMode } from "@/shared/machine/interfaces.ts";

/** Network interfaces: what a machine has, and what it shall make of that. */
export const interfaces = pgTable("interfaces", {
  id: serial("id").primaryKey(),
  machineId: integer("machine_id").notNull(),
  /** Repeated from the machine, so that the database keeps MACs unique per site. */
  siteId: text("site_id").notNull(),
  name: text("name").notNull(),
  /** A physical one has its own, which no other of the site has; null: that of its first parent. */
  mac: text("mac"),
  kind: text("kind").$type<InterfaceKind>().notNull().default("physical"),
  /** Where it is plugged in; of kind vlan, its tag. Null: not known. */
  vlanId: integer("vlan_id"),
  /** Bytes; null: the VLAN's. */
  mtu: integer("mtu"),
  isEnabled: boolean("is_enabled").notNull().default(true),
  /** Whether router advertisements are heeded; null: as the system likes. */
  acceptRa: boolean("accept_ra"),
  /** Somebody chose its name; what commissioning finds does not change it. */
  isNamed: boolean("is_named").notNull().default(false),
  tags: text("tags").array().notNull().default([]),
  parameters: jsonb("parameters").$type<InterfaceParameters>().notNull().default({}),
  /** Rises with every change of it or its links: compare-and-set on it. */
  version: integer("version").notNull().default(1),
});

/** Which interfaces another is made of; of several the one known first is the first. */
export const interfaceParents = pgTable("interface_parents", {
  interfaceId: integer("interface_id").notNull(),
  parentId: integer("parent_id").notNull(),
}, (table) => [primaryKey({ columns: [table.interfaceId, table.parentId] })]);

/** How an interface comes by addresses; the address itself is among the promised ones. */
export const interfaceLinks = pgTable("interface_links", {
  id: serial("id").primaryKey(),
  interfaceId: integer("interface_id").notNull(),
  mode: text("mode").$type<LinkMode>().notNull(),
  subnetId: integer("subnet_id"),
  /** The machine's default route of the subnet's family goes this way. */
  isDefaultGateway: boolean("is_default_gateway").notNull().default(false),
});

export type InterfaceRow = typeof interfaces.$inferSelect;
export type NewInterface = typeof interfaces.$inferInsert;
export type InterfaceLinkRow = typeof interfaceLinks.$inferSelect;
export type NewInterfaceLink = typeof interfaceLinks.$inferInsert;
