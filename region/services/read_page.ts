import {
  type KeyValue,
  keyValue,
  type ListOrder,
  type Slice,
  sliceOf,
  type SortTerm,
} from "@/region/db/queries/keyset.ts";
import { decodeCursor, encodeCursor } from "@/region/domain/page_cursor.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

export type { SortTerm } from "@/region/db/queries/keyset.ts";

/** What every list can be asked for. */
export interface PageRequest {
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  /** Absent: the list's own order. */
  readonly sort?: readonly SortTerm[];
}

export interface Page<Row> {
  readonly rows: Row[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** The names that `?sort=` takes. */
export function sortNames(order: ListOrder): string[] {
  return Object.keys(order.columns).filter((key) => !order.hidden?.includes(key));
}

/**
 * One page of a list, whatever its size: `read` gets where it begins and how long it may be.
 *
 * Rows that come or go meanwhile are neither repeated nor do they shift others, for a page begins
 * behind values, not behind a number of rows. Throws `invalid_input` for a cursor that is not of this
 * list and order.
 */
export async function readPage<Row extends object>(
  order: ListOrder,
  request: PageRequest,
  read: (slice: Slice) => Promise<Row[]>,
): Promise<Page<Row>> {
  const terms = completeSort(order, request.sort ?? order.initial);
  const sort = formatSort(terms);
  const after = request.cursor === undefined
    ? undefined
    : parseCursor(order, terms, { sort, cursor: request.cursor });
  const found = await read(sliceOf(order, terms, { after, limit: request.limit + 1 }));
  const rows = found.slice(0, request.limit);
  const last = rows.at(-1);
  const isLast = found.length <= request.limit || !last;
  return {
    rows,
    nextCursor: isLast ? null : encodeCursor({ sort, values: valuesOf(last, terms) }),
  };
}

/** With what tells rows apart at the end, in the direction of the last term. */
function completeSort(order: ListOrder, asked: readonly SortTerm[]): SortTerm[] {
  const isDescending = asked.at(-1)?.isDescending ?? false;
  const missing = order.unique.filter((key) => !asked.some((term) => term.key === key));
  return [...asked, ...missing.map((key) => ({ key, isDescending }))];
}

function formatSort(terms: readonly SortTerm[]): string {
  return terms.map(({ key, isDescending }) => (isDescending ? "-" : "") + key).join(",");
}

function valuesOf(row: object, terms: readonly SortTerm[]): (string | number)[] {
  // Rows hold every column of their list's order under its name.
  const values = row as Readonly<Record<string, KeyValue>>;
  return terms.map(({ key }) => {
    const value = values[key];
    if (value === undefined) throw new Error(`the rows of this list lack ${key}`);
    return value instanceof Date ? value.toISOString() : value;
  });
}

function parseCursor(
  order: ListOrder,
  terms: readonly SortTerm[],
  { sort, cursor }: { sort: string; cursor: string },
): KeyValue[] {
  const decoded = decodeCursor(cursor);
  if (!decoded || decoded.values.length > terms.length) throw badCursor(cursor);
  if (decoded.sort !== sort) {
    throw badCursor(cursor, `it was made for sort=${decoded.sort.slice(0, 100)}`);
  }
  return terms.map(({ key }, i) => {
    const value = keyValue(order, key, decoded.values[i]);
    if (value === undefined) throw badCursor(cursor);
    return value;
  });
}

/** A cursor of what is looked through in the order of its rows' numbers. */
export function formatRowCursor(id: number): string {
  return encodeCursor({ sort: "id", values: [id] });
}

/** The number in it. Throws `invalid_input`. */
export function parseRowCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const { sort, values: [id] } = decodeCursor(cursor) ?? { values: [] };
  const isRow = typeof id === "number" && Number.isInteger(id) && id >= 0 && id < 2 ** 31;
  if (sort !== "id" || !isRow) throw badCursor(cursor);
  return id;
}

function badCursor(cursor: string, why = "it is not one that this list gave"): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "page.bad_cursor",
    field: "cursor",
    value: cursor.slice(0, 64),
    accepted: "nextCursor of the page before, with the same sort",
    message: `the cursor does not fit: ${why}`,
  });
}
