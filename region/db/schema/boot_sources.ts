import { bigint, boolean, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";
import type { BootProfile } from "@/shared/machine/image_file.ts";
import type { ImageFile } from "./images.ts";

/** What is wanted of a source: a product that fits every list. An empty list fits all. */
export interface SourceSelection {
  readonly os: readonly string[];
  readonly releases: readonly string[];
  readonly architectures: readonly string[];
  readonly subarches: readonly string[];
  readonly labels: readonly string[];
}

/** SimpleStreams trees that images are taken from. */
export const bootSources = pgTable("boot_sources", {
  /** `bs-` and six characters. */
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  url: text("url").notNull(),
  keyring: text("keyring"),
  /** Of which a product has to fit one. */
  selections: jsonb("selections").$type<readonly SourceSelection[]>().notNull(),
  keepVersions: integer("keep_versions").notNull(),
  syncMinutes: integer("sync_minutes"),
  bytesPerSecond: bigint("bytes_per_second", { mode: "number" }),
  agentsFetchDirectly: boolean("agents_fetch_directly").notNull().default(false),
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull(),
});

export type BootSourceRow = typeof bootSources.$inferSelect;

export type SyncState = "running" | "done" | "failed" | "cancelled";

/** One file of an image that a sync wants. */
export interface SyncFile {
  readonly name: string;
  readonly role: ImageFile["role"];
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** An image as a source describes it; the rules for it are in `region/domain/stream_products.ts`. */
export interface SyncImage {
  readonly product: string;
  readonly version: string;
  readonly kind: "os" | "bootloader";
  readonly title: string;
  readonly os: string;
  readonly release: string;
  readonly releaseTitle: string;
  readonly architecture: string;
  readonly subarch: string;
  readonly label: string;
  readonly kernelOptions: string;
  /** These four are absent in syncs of before there were any. */
  readonly bootProfile?: BootProfile;
  readonly baseOs?: string | null;
  readonly minMemoryMib?: number | null;
  readonly minDiskBytes?: number | null;
  readonly streamFields: Readonly<Record<string, string>>;
  readonly files: readonly SyncFile[];
}

export const imageSyncs = pgTable("image_syncs", {
  /** `sy-` and eight characters. */
  id: text("id").primaryKey(),
  sourceId: text("source_id").notNull(),
  state: text("state").$type<SyncState>().notNull(),
  askedBy: text("asked_by"),
  wanted: jsonb("wanted").$type<readonly SyncImage[]>().notNull(),
  skipped: jsonb("skipped").$type<readonly { product: string; reason: string }[]>().notNull(),
  totalBytes: bigint("total_bytes", { mode: "number" }).notNull(),
  failureCode: text("failure_code"),
  failureMessage: text("failure_message"),
  startedAt: moment("started_at").notNull(),
  endedAt: moment("ended_at"),
});

export type ImageSyncRow = typeof imageSyncs.$inferSelect;

export const imageSyncFiles = pgTable("image_sync_files", {
  syncId: text("sync_id").notNull(),
  sha256: text("sha256").notNull(),
  bytes: bigint("bytes", { mode: "number" }).notNull(),
}, (table) => [primaryKey({ columns: [table.syncId, table.sha256] })]);

/** A file on its way into the object store. */
export const blobTransfers = pgTable("blob_transfers", {
  sha256: text("sha256").primaryKey(),
  bytes: bigint("bytes", { mode: "number" }).notNull(),
  partBytes: integer("part_bytes").notNull(),
  url: text("url"),
  bytesPerSecond: bigint("bytes_per_second", { mode: "number" }),
  doneBytes: bigint("done_bytes", { mode: "number" }).notNull().default(0),
  fetchedBytes: bigint("fetched_bytes", { mode: "number" }).notNull().default(0),
  isDone: boolean("is_done").notNull().default(false),
  attempts: integer("attempts").notNull().default(0),
  problem: text("problem"),
  nextAttemptAt: moment("next_attempt_at").notNull(),
  leaseToken: text("lease_token"),
  leaseUntil: moment("lease_until"),
  touchedAt: moment("touched_at").notNull(),
});

export type BlobTransferRow = typeof blobTransfers.$inferSelect;

/** Files of images that are gone, since when. */
export const blobGarbage = pgTable("blob_garbage", {
  sha256: text("sha256").primaryKey(),
  since: moment("since").notNull(),
});

/** What the region's own tree is signed with: one row, or none. */
export const imageSigningKeys = pgTable("image_signing_keys", {
  id: integer("id").primaryKey(),
  /** Armored, as a compact JWE under the region's seal key. */
  sealedPrivateKey: text("sealed_private_key").notNull(),
  /** Armored. */
  publicKey: text("public_key").notNull(),
  createdAt: moment("created_at").notNull(),
});
