import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** How often somebody guessed wrong; forgotten a day after the last guess. */
export const signInAttempts = pgTable("sign_in_attempts", {
  key: text("key").primaryKey(),
  failures: integer("failures").notNull(),
  lastAt: moment("last_at").notNull(),
  blockedUntil: moment("blocked_until").notNull(),
});

export type SignInAttemptRow = typeof signInAttempts.$inferSelect;
