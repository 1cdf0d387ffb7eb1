import { bigint, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { AnyFact } from "@/shared/contract/facts.ts";
import { moment } from "./columns.ts";

/** What agents reported, append-only; each (agent, seq) once. */
export const facts = pgTable("facts", {
  agentId: text("agent_id").notNull(),
  seq: bigint("seq", { mode: "number" }).notNull(),
  /** By the agent's clock. */
  at: moment("at").notNull(),
  kind: text("kind").notNull(),
  /** The machine's system_id: as told, or found by the region from the MAC. */
  systemId: text("system_id"),
  operationId: text("operation_id"),
  /** The whole fact as it came. */
  body: jsonb("body").$type<AnyFact>().notNull(),
  receivedAt: moment("received_at").notNull(),
}, (table) => [primaryKey({ columns: [table.agentId, table.seq] })]);

export type FactRow = typeof facts.$inferSelect;
export type NewFactRow = typeof facts.$inferInsert;
