import { DomainError } from "@/shared/errors/domain_error.ts";

/** One page out of `limit + 1` rows that are in the order of their numbers. */
export function pageOf<R extends { readonly id: number }>(
  rows: readonly R[],
  limit: number,
): { page: R[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { page, nextCursor: rows.length > limit && last ? String(last.id) : null };
}

/** The number that the page before ended with. Throws `invalid_input`. */
export function parseCursor(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const id = Number(text);
  if (/^\d{1,10}$/.test(text) && id < 2 ** 31) return id;
  throw new DomainError({
    kind: "invalid_input",
    code: "page.bad_cursor",
    field: "cursor",
    message: `"${text.slice(0, 40)}" is not a cursor; use nextCursor of the page before`,
  });
}
