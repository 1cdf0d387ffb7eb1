import { integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** A request that came with an Idempotency-Key and changed something. */
export const repeatableRequests = pgTable("repeatable_requests", {
  userId: integer("user_id").notNull(),
  key: text("key").notNull(),
  /** Random: tells the first request from another one with the same key. */
  id: text("id").notNull().unique(),
  /** A keyed hash of what was asked, in hex: the same key with another request is refused. */
  requestHash: text("request_hash").notNull(),
  /** The operation that it began, where it began exactly one. */
  operationId: text("operation_id"),
  /** Null, like the answer: it was carried out, and how it was answered is not known (yet). */
  answerStatus: integer("answer_status"),
  /** A compact JWE under the region's seal key, for an answer may show a new key once. */
  sealedAnswer: text("sealed_answer"),
  at: moment("at").notNull(),
}, (table) => [primaryKey({ columns: [table.userId, table.key] })]);

export type RepeatableRequestRow = typeof repeatableRequests.$inferSelect;
export type NewRepeatableRequest = typeof repeatableRequests.$inferInsert;
