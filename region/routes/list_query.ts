import { z } from "@hono/zod-openapi";
import type { SortTerm } from "@/region/services/read_page.ts";
import { Limit } from "./api.ts";
import { acceptedPaths, parsePaths } from "./sparse_fields.ts";

/** A handful of orders is all that anybody reads. */
const SORT_TERMS_MAX = 5;
/** How many values a filter takes. */
const FILTER_VALUES_MAX = 100;
const FILTER_CHARS_MAX = 8192;

/** The query parameters of every list, to be spread beside its filters into a strict object. */
export function listQuery<Item extends z.ZodObject>(
  { item, sorts }: { item: Item; sorts: readonly string[] },
) {
  return {
    limit: Limit,
    cursor: z.string().min(1).max(2048).optional().openapi({
      description: "`nextCursor` of the page before; absent: the first page",
    }),
    sort: sortParameter(sorts),
    fields: fieldsParameter(item),
  };
}

/** `?fields=`, for one resource. */
export function fieldsParameter(item: z.ZodObject) {
  const accepted = acceptedPaths(item);
  return z.string().max(2000).transform((text, ctx) => {
    const { paths, unknown } = parsePaths(text, accepted);
    if (unknown !== undefined) {
      ctx.addIssue({
        code: "custom",
        message: `there is no field "${unknown.slice(0, 64)}"`,
        params: { code: "fields.unknown", accepted: topLevel(accepted).join(", ") },
      });
      return z.NEVER;
    }
    return paths;
  }).optional().openapi({
    description: "Answer only with these fields, as in `a,b.c`; absent: all of them",
    example: topLevel(accepted).slice(0, 2).join(","),
  });
}

function sortParameter(names: readonly string[]) {
  return z.string().max(200).transform((text, ctx): SortTerm[] => {
    const terms = text.split(",").map((term) => ({
      key: term.replace(/^-/, ""),
      isDescending: term.startsWith("-"),
    }));
    const keys = new Set(terms.map(({ key }) => key));
    if (terms.length > SORT_TERMS_MAX || keys.size < terms.length) {
      ctx.addIssue({ code: "custom", message: `name up to ${SORT_TERMS_MAX}, each once` });
    }
    const unknown = terms.find(({ key }) => !names.includes(key));
    if (unknown) {
      ctx.addIssue({
        code: "custom",
        message: `this list cannot be sorted by "${unknown.key.slice(0, 64)}"`,
        params: { code: "sort.unknown", accepted: names.join(", ") },
      });
    }
    return terms;
  }).optional().openapi({
    description: `Order by these, \`-\` for descending: ${names.join(", ")}`,
    example: `-${names[0]}`,
  });
}

/** A filter that takes several values: `?name=a,b`. */
export function manyOf<S extends z.ZodType<unknown, string>>(value: S) {
  return z.string().max(FILTER_CHARS_MAX).transform((text) => text.split(","))
    .pipe(z.array(value).max(FILTER_VALUES_MAX)).optional();
}

/** The answer of a list: the items under their plural, and where the next page begins. */
export function pageOf<Name extends string, Item extends z.ZodObject>(name: Name, item: Item) {
  // A computed key widens to string; there is exactly this one.
  const items = { [name]: z.array(item) } as { [K in Name]: z.ZodArray<Item> };
  return z.object({ ...items, nextCursor: z.string().nullable() });
}

function topLevel(paths: readonly string[]): string[] {
  return paths.filter((path) => !path.includes("."));
}
