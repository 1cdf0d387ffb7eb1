import { useSearchParams } from "wouter-preact";

/** The filters of a view, kept in its address so that it can be shared and gone back to. */
export function useFilters(): {
  get: (name: string) => string;
  set: (name: string, value: string) => void;
  clear: () => void;
  isAny: boolean;
} {
  const [search, setSearch] = useSearchParams();
  return {
    get: (name) => search.get(name) ?? "",
    set: (name, value) =>
      setSearch((before) => {
        const next = new URLSearchParams(before);
        if (value === "") next.delete(name);
        else next.set(name, value);
        return next;
      }, { replace: true }),
    clear: () => setSearch(new URLSearchParams(), { replace: true }),
    isAny: [...search.keys()].length > 0,
  };
}
