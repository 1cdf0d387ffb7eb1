import { bigint, integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import type { BootProfile, ImageFileRole } from "@/shared/machine/image_file.ts";
import { moment } from "./columns.ts";

/** One file of an image; its bytes are in the object store at `blobs/<sha256>`. */
export interface ImageFile {
  /** The file's base name, such as `undionly.kpxe`. */
  readonly name: string;
  readonly role: ImageFileRole;
  /** In hex. */
  readonly sha256: string;
  readonly bytes: number;
  /** Where it is below `sourceUrl`; absent: it was uploaded, or stored before that was kept. */
  readonly path?: string;
  /** By which agents verify it while it comes; absent: it was stored before there were any. */
  readonly chunks?: { readonly bytes: number; readonly sha256: string };
}

/** Operating systems and bootloaders; one row per version of a product. */
export const images = pgTable("images", {
  /** `i-` and six characters. */
  id: text("id").primaryKey(),
  /** The product's name in the SimpleStreams tree. */
  product: text("product").notNull(),
  version: text("version").notNull(),
  title: text("title").notNull(),
  os: text("os").notNull(),
  release: text("release").notNull(),
  releaseTitle: text("release_title").notNull(),
  architecture: text("architecture").notNull(),
  kind: text("kind").$type<"os" | "bootloader">().notNull(),
  files: jsonb("files").$type<ImageFile[]>().notNull(),
  /** Appended to the kernel command line. */
  kernelOptions: text("kernel_options").notNull().default(""),
  sourceUrl: text("source_url").notNull(),
  /** Null: it was uploaded, or its source is gone. */
  sourceId: text("source_id"),
  subarch: text("subarch").notNull().default(""),
  label: text("label").notNull().default(""),
  /** The product's own fields in the tree that it came from. */
  streamFields: jsonb("stream_fields").$type<Readonly<Record<string, string>>>().notNull()
    .default({}),
  /** What a machine must have to be deployed with it; null: anything. */
  minMemoryMib: integer("min_memory_mib"),
  minDiskBytes: bigint("min_disk_bytes", { mode: "number" }),
  /** How it is booted over the network, where it can be. */
  bootProfile: text("boot_profile").$type<BootProfile>().notNull().default("maas"),
  /** `os/release` of what it is made from; null: nobody said so. */
  baseOs: text("base_os"),
  /** Since when it is offered no more; the row stays, for machines and past operations name it. */
  retiredAt: moment("retired_at"),
  createdAt: moment("created_at").notNull(),
});

export type ImageRow = typeof images.$inferSelect;
export type NewImage = typeof images.$inferInsert;
