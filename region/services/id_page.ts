import { formatRowCursor, parseRowCursor } from "./read_page.ts";

/** How a list in the order of its numbers is asked for. */
export interface PageQuery {
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  readonly limit: number;
}

/** Reads one page, and one row more to know whether another follows. */
export async function readIdPage<T extends { readonly id: number }>(
  { cursor, limit }: PageQuery,
  read: (page: { afterId?: number; limit: number }) => Promise<T[]>,
): Promise<{ rows: T[]; nextCursor: string | null }> {
  const found = await read({ afterId: parseRowCursor(cursor), limit: limit + 1 });
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, nextCursor: found.length > limit && last ? formatRowCursor(last.id) : null };
}
