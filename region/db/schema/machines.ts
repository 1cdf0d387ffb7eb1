import { sql } from "drizzle-orm";
import { bigint, boolean, integer, jsonb, pgTable, serial, text } from "drizzle-orm/pg-core";
import type { Failure } from "@/shared/contract/failure.ts";
import type { Inventory } from "@/shared/contract/inventory.ts";
import type { MachineStatus } from "@/shared/machine/lifecycle.ts";
import type { StorageWish } from "@/shared/machine/storage.ts";
import { moment } from "./columns.ts";

/** How a machine is switched. What is sealed is a compact JWE under the region's seal key. */
export type MachineBmc =
  | {
    readonly kind: "ipmi";
    readonly address: string;
    readonly port: number;
    readonly username: string;
    readonly sealedPassword: string;
    /** Absent: 3. */
    readonly cipherSuite?: number;
    /** Absent: the BMC has no K_g. */
    readonly sealedKg?: string;
    /** Absent: operator. */
    readonly privilege?: "operator" | "administrator";
  }
  | {
    readonly kind: "redfish";
    readonly address: string;
    readonly port: number;
    readonly username: string;
    readonly sealedPassword: string;
    /** Absent: none is pinned yet. */
    readonly certificateSha256?: string;
    /** Id among the BMC's systems; absent: the only one. */
    readonly system?: string;
  }
  | {
    readonly kind: "webhook";
    readonly onUrl: string;
    readonly offUrl: string;
    readonly queryUrl?: string;
    /** Absent: the password is a bearer token. */
    readonly username?: string;
    readonly sealedPassword?: string;
    readonly certificateSha256?: string;
  }
  | { readonly kind: "wake_on_lan"; readonly mac: string; readonly broadcast?: string }
  | { readonly kind: "manual" };

/** What a machine boots in rescue mode. */
export interface RescueSystem {
  readonly imageId: string;
  readonly sshKeys: readonly string[];
}

/** Why a BMC could not be asked. */
export interface PowerFault {
  readonly code: string;
  readonly message: string;
}

export type PowerState = "on" | "off" | "unknown";

export const machines = pgTable("machines", {
  id: serial("id").primaryKey(),
  /** Six characters, random: what people and agents call it by. */
  systemId: text("system_id").notNull().unique(),
  siteId: text("site_id").notNull(),
  hostname: text("hostname").notNull(),
  /** As Debian names it: amd64, arm64. */
  architecture: text("architecture").notNull(),
  status: text("status").$type<MachineStatus>().notNull(),
  statusChangedAt: moment("status_changed_at").notNull(),
  /** The statuses that it goes back to from Broken, tests and rescue mode; the innermost last. */
  returnsTo: text("returns_to").array().$type<MachineStatus[]>().notNull().default([]),
  /** What the person said who brought it into this status. */
  statusComment: text("status_comment"),
  ownerUserId: integer("owner_user_id"),
  powerState: text("power_state").$type<PowerState>().notNull().default("unknown"),
  powerStateAt: moment("power_state_at"),
  /** Why the state is unknown, as the site said; null: it is known, or nobody asked yet. */
  powerFault: jsonb("power_fault").$type<PowerFault>(),
  /** Null: switched by hand. */
  bmc: jsonb("bmc").$type<MachineBmc>(),
  /** What enlisting or commissioning found last. */
  inventory: jsonb("inventory").$type<Inventory>(),
  /** Why the last lifecycle operation failed; null once another begins. */
  failure: jsonb("failure").$type<Failure>(),
  /** What is installed on it, or being installed. */
  imageId: text("image_id"),
  /** In rescue mode and on the way there: what it boots, and whose keys let in. */
  rescue: jsonb("rescue").$type<RescueSystem>(),
  zoneId: integer("zone_id").notNull().default(1),
  poolId: integer("pool_id").notNull().default(1),
  /** Null: the default domain. */
  domainId: integer("domain_id"),
  /** How its disks shall be laid out; null: flat, on the first disk that is big enough. */
  storage: jsonb("storage").$type<StorageWish>(),
  /** Refuses every action until unlocked. */
  isLocked: boolean("is_locked").notNull().default(false),
  description: text("description").notNull().default(""),
  /** Whom it was allocated for, in the words of the program that asked; empty: nobody said. */
  agentName: text("agent_name").notNull().default(""),
  /** What whoever has it says of it, in their own words. */
  ownerData: jsonb("owner_data").$type<Record<string, string>>().notNull().default({}),
  /** Rises with every write: compare-and-set on it. */
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull(),
  /** What it is searched for by, in lower case; kept by the database's triggers. */
  search: text("search").notNull().default(""),
  // What the database works out of the inventory by itself; 0: not known.
  /** Logical processors. */
  cpuCount: integer("cpu_count").notNull().generatedAlwaysAs(sql``),
  memoryMib: integer("memory_mib").notNull().generatedAlwaysAs(sql``),
  diskCount: integer("disk_count").notNull().generatedAlwaysAs(sql``),
  storageBytes: bigint("storage_bytes", { mode: "number" }).notNull().generatedAlwaysAs(sql``),
});

export type MachineRow = typeof machines.$inferSelect;
export type NewMachine = typeof machines.$inferInsert;
