import { integer, pgTable, primaryKey, serial, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** Known, but not deployable: switches, appliances, containers. */
export const devices = pgTable("devices", {
  id: serial("id").primaryKey(),
  /** Six characters, random, as machines have. */
  systemId: text("system_id").notNull().unique(),
  siteId: text("site_id").notNull(),
  hostname: text("hostname").notNull(),
  description: text("description").notNull().default(""),
  zoneId: integer("zone_id").notNull().default(1),
  /** Null: the default domain. */
  domainId: integer("domain_id"),
  /** The machine it is part of, such as a container's; it goes with it. */
  parentMachineId: integer("parent_machine_id"),
  ownerUserId: integer("owner_user_id"),
  /** Rises with every change: compare-and-set on it. */
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull(),
});

/** A MAC address belongs to one device of a site. */
export const deviceMacs = pgTable("device_macs", {
  deviceId: integer("device_id").notNull(),
  siteId: text("site_id").notNull(),
  mac: text("mac").notNull(),
}, (table) => [primaryKey({ columns: [table.siteId, table.mac] })]);

export type DeviceRow = typeof devices.$inferSelect;
export type NewDevice = typeof devices.$inferInsert;
