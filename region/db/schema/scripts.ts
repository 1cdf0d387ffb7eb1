import { bigserial, boolean, integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

export type ScriptType = "commissioning" | "testing";
/** As the site told it; a result that is open when its operation ends never ran to its end. */
export type ScriptResultState = "pending" | "running" | "passed" | "failed" | "timed_out";

/** What people have machines run while they are commissioned or tested. */
export const scripts = pgTable("scripts", {
  id: serial("id").primaryKey(),
  name: text("name").notNull().unique(),
  type: text("type").$type<ScriptType>().notNull(),
  description: text("description").notNull().default(""),
  tags: text("tags").array().notNull().default([]),
  timeoutSeconds: integer("timeout_seconds").notNull(),
  /** Runs beside its neighbours that are parallel too. */
  parallel: boolean("parallel").notNull().default(false),
  source: text("source").notNull(),
  /** Of the source, in hex. */
  sha256: text("sha256").notNull(),
  version: integer("version").notNull().default(1),
  createdAt: moment("created_at").notNull(),
  changedAt: moment("changed_at").notNull(),
});

/** One run of a script on a machine; it names what ran by value, for scripts change and go. */
export const scriptResults = pgTable("script_results", {
  id: bigserial("id", { mode: "number" }).primaryKey(),
  machineId: integer("machine_id").notNull(),
  operationId: text("operation_id").notNull(),
  /** Its place in the operation's list, from 1. */
  number: integer("number").notNull(),
  name: text("name").notNull(),
  type: text("type").$type<ScriptType>().notNull(),
  /** Null: it came with the agent. */
  sha256: text("sha256"),
  state: text("state").$type<ScriptResultState>().notNull(),
  exitStatus: integer("exit_status"),
  startedAt: moment("started_at"),
  endedAt: moment("ended_at"),
  /** Blobs that the site sent; null: it wrote nothing. */
  stdoutSha256: text("stdout_sha256"),
  stderrSha256: text("stderr_sha256"),
});

export type ScriptRow = typeof scripts.$inferSelect;
export type NewScript = typeof scripts.$inferInsert;
export type ScriptResultRow = typeof scriptResults.$inferSelect;
export type NewScriptResult = typeof scriptResults.$inferInsert;
