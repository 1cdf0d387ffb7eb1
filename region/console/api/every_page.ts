import { useQuery } from "@tanstack/preact-query";
import type { OutputOf, PathOf } from "./api_schema.ts";
import { ask, type LooseInput } from "./client.ts";
import type { Read } from "./queries.ts";

const PAGE = 200;
/** Nobody reads more rows than this; whoever has them filters. */
const PAGES_MAX = 25;

type Query = NonNullable<LooseInput["query"]>;
type Item<T> = T extends readonly (infer I)[] ? I : never;

/** All rows of a list of some hundreds at most, page after page. `name`: what the answer calls them. */
export function useEvery<P extends PathOf<"get">, K extends keyof OutputOf<P, "get"> & string>(
  path: P,
  name: K,
  query: Query = {},
): Read<Item<OutputOf<P, "get">[K]>[]> {
  return useEveryLoose<Item<OutputOf<P, "get">[K]>>(path as string, name, query);
}

/** The same for lists whose routes have no type of their own. */
export function useEveryLoose<T>(
  path: string,
  name: string,
  query: Query = {},
  options: { readonly isEnabled?: boolean } = {},
): Read<T[]> {
  const { data, error, isLoading, refetch } = useQuery<T[]>({
    queryKey: [path, { query, isWhole: true }],
    queryFn: async (
      { signal },
    ) => [
      ...(await readPages<T>(path, name, {
        query: { limit: PAGE, ...query },
        pages: PAGES_MAX,
        signal,
      })).rows,
    ],
    enabled: options.isEnabled ?? true,
  });
  return { data, error, isLoading, refetch: () => void refetch() };
}

export interface Pages<T> {
  readonly rows: readonly T[];
  readonly hasMore: boolean;
}

/** The first `pages` pages of a list that goes on for ever, such as of what happened. */
export function usePages<P extends PathOf<"get">, K extends keyof OutputOf<P, "get"> & string>(
  path: P,
  name: K,
  { query = {}, pages, everyMs }: { query?: Query; pages: number; everyMs?: number },
): Read<Pages<Item<OutputOf<P, "get">[K]>>> {
  const { data, error, isLoading, refetch } = useQuery<Pages<Item<OutputOf<P, "get">[K]>>>({
    queryKey: [path, { query, pages }],
    queryFn: ({ signal }) => readPages(path as string, name, { query, pages, signal }),
    refetchInterval: everyMs ?? false,
    placeholderData: (before) => before, // while one page more is read
  });
  return { data, error, isLoading, refetch: () => void refetch() };
}

async function readPages<T>(
  path: string,
  name: string,
  { query, pages, signal }: { query: Query; pages: number; signal: AbortSignal },
): Promise<Pages<T>> {
  const rows: T[] = [];
  let cursor: string | undefined;
  for (let read = 0; read < pages; read++) {
    const page = await ask<Record<string, unknown>>("GET", path, {
      query: { ...query, cursor },
      signal,
    });
    rows.push(...(page[name] as T[])); // what the route's answer calls its rows
    cursor = (page.nextCursor as string | null | undefined) ?? undefined;
    if (cursor === undefined) break;
  }
  return { rows, hasMore: cursor !== undefined };
}
