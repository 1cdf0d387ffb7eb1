import { QueryClient, useQuery } from "@tanstack/preact-query";
import { api, ApiError, ask, type LooseInput } from "./client.ts";
import type { InputOf, OutputOf, PathOf } from "./api_schema.ts";

/** What has been read, kept while it is shown and refreshed by live events. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      gcTime: 5 * 60_000,
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError &&
        (error.problem.status === 0 || error.problem.status >= 500),
      refetchOnWindowFocus: true,
    },
  },
});

export interface ReadOptions {
  /** False: not asked yet, such as before an id is known. */
  readonly isEnabled?: boolean;
  /** For what no event tells of. */
  readonly everyMs?: number;
}

/** What every read gives: the data, or the error, or neither yet. */
export interface Read<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly isLoading: boolean;
  readonly refetch: () => void;
}

/** Reads a path of the API and follows it: it is read again when an event says that it changed. */
export function useApi<P extends PathOf<"get">>(
  path: P,
  input?: InputOf<P, "get">,
  options: ReadOptions = {},
): Read<OutputOf<P, "get">> {
  // The same input as the typed client takes.
  return useAsk<OutputOf<P, "get">>(path as string, (input ?? {}) as LooseInput, options);
}

/** The same for routes without a type of their own. */
export function useAsk<T>(path: string, input: LooseInput, options: ReadOptions = {}): Read<T> {
  const { data, error, isLoading, refetch } = useQuery<T>({
    queryKey: keyOf(path, input),
    queryFn: ({ signal }) => ask<T>("GET", path, { ...input, signal }),
    enabled: options.isEnabled ?? true,
    refetchInterval: options.everyMs ?? false,
  });
  return { data, error, isLoading, refetch: () => void refetch() };
}

/** Reads it now, or takes what was read a moment ago. */
export function readApi<P extends PathOf<"get">>(
  path: P,
  input?: InputOf<P, "get">,
): Promise<OutputOf<P, "get">> {
  const loose = (input ?? {}) as LooseInput;
  return queryClient.fetchQuery({
    queryKey: keyOf(path as string, loose),
    queryFn: () => ask<OutputOf<P, "get">>("GET", path as string, loose),
  });
}

/** What is kept under a path is read again where it is shown; `param` narrows it to one resource. */
export function refresh(path: string, param: Readonly<Record<string, string | number>> = {}): void {
  void queryClient.invalidateQueries({
    predicate: ({ queryKey: [kept, input] }) => {
      if (typeof kept !== "string") return false;
      if (kept !== path && !kept.startsWith(`${path}/`)) return false;
      const params = (input as LooseInput | undefined)?.param ?? {};
      return Object.entries(param).every(([name, value]) => params[name] === value);
    },
  });
}

function keyOf(path: string, { param, query }: LooseInput): readonly unknown[] {
  return [path, { param, query }];
}

export { api };
