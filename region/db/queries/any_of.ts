import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/**
 * The column's number is one of these: one parameter however many they are.
 *
 * `inArray` makes one of each, and with a thousand of them the making of the statement costs as much
 * as the reading of its answer.
 */
export function anyOf(column: PgColumn, ids: readonly number[]): SQL {
  return sql`${column} = ANY(${sql.param([...ids])}::integer[])`;
}
