import { and, asc, desc, eq, gt, lt, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** One column of an order, by its name in the table of columns. */
export interface SortTerm {
  readonly key: string;
  readonly isDescending: boolean;
}

/** How a list may be ordered. Columns are never null, for null has no place in an order of keys. */
export interface ListOrder {
  /** By the name they have in the row and in `?sort=`. */
  readonly columns: Readonly<Record<string, PgColumn>>;
  /** Together they tell any two rows apart; they end every order. */
  readonly unique: readonly string[];
  /** When nobody asks for another. */
  readonly initial: readonly SortTerm[];
  /** Columns of ours that nobody can ask for, such as a row's number. */
  readonly hidden?: readonly string[];
}

/** The part of a query that makes it one page; `limit` rows at most. */
export interface Slice {
  /** Absent on the first page. */
  readonly where: SQL | undefined;
  readonly orderBy: readonly SQL[];
  readonly limit: number;
}

export type KeyValue = string | number | Date;

/**
 * The rows behind `after` in the order of `terms`.
 *
 * In one direction it is a comparison of rows, which an index answers by itself; in mixed directions
 * the first column alone still bounds the scan.
 */
export function sliceOf(
  order: ListOrder,
  terms: readonly SortTerm[],
  { after, limit }: { after?: readonly KeyValue[]; limit: number },
): Slice {
  const keys = terms.map(({ key, isDescending }) => ({
    column: columnOf(order, key),
    isDescending,
  }));
  return {
    where: after && behind(keys.map((key, i) => ({ ...key, value: must(after[i]) }))),
    orderBy: keys.map(({ column, isDescending }) => isDescending ? desc(column) : asc(column)),
    limit,
  };
}

/** A cursor's value as the column takes it; undefined when it cannot be one of the column's. */
export function keyValue(
  order: ListOrder,
  key: string,
  value: string | number | undefined,
): KeyValue | undefined {
  const column = columnOf(order, key);
  switch (column.dataType) {
    case "number":
      return typeof value === "number" && isWithin(column, value) ? value : undefined;
    case "date":
      return typeof value === "string" ? momentOf(value) : undefined;
    default:
      return typeof value === "string" && !value.includes("\u0000") && value.isWellFormed()
        ? value
        : undefined;
  }
}

interface Key {
  readonly column: PgColumn;
  readonly isDescending: boolean;
  readonly value: KeyValue;
}

function behind(keys: readonly Key[]): SQL | undefined {
  const [first] = keys;
  if (keys.every(({ isDescending }) => isDescending === first?.isDescending)) {
    const columns = sql.join(keys.map(({ column }) => sql`${column}`), sql`, `);
    const values = sql.join(keys.map(({ column, value }) => sql.param(value, column)), sql`, `);
    return first?.isDescending ? sql`(${columns}) < (${values})` : sql`(${columns}) > (${values})`;
  }
  return or(
    ...keys.map((key, i) =>
      and(...keys.slice(0, i).map(({ column, value }) => eq(column, value)), beyond(key))
    ),
  );
}

function beyond({ column, isDescending, value }: Key): SQL {
  return isDescending ? lt(column, value) : gt(column, value);
}

function columnOf(order: ListOrder, key: string): PgColumn {
  const column = order.columns[key];
  if (!column?.notNull) throw new Error(`"${key}" cannot order this list`);
  return column;
}

function must(value: KeyValue | undefined): KeyValue {
  if (value === undefined) throw new Error("a page begins behind one value for each column");
  return value;
}

function isWithin(column: PgColumn, value: number): boolean {
  const max = column.getSQLType().startsWith("big") ? Number.MAX_SAFE_INTEGER : 2 ** 31 - 1;
  return Number.isInteger(value) && Math.abs(value) <= max;
}

function momentOf(text: string): Date | undefined {
  const date = new Date(text);
  // PostgreSQL and ISO 8601 agree on four-digit years.
  return /^\d{4}-/.test(text) && !Number.isNaN(date.getTime()) ? date : undefined;
}
