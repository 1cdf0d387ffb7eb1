import { type Facet, FACETS, type FleetQuery, type Sort, SORTS } from "./fleet_view.ts";

/** The query as it stands in the address, so that a link shows another person the same. */
export function parseAddress(search: URLSearchParams): FleetQuery {
  const sort = search.get("sort") ?? "hostname";
  const name = sort.replace(/^-/, "");
  const group = search.get("group");
  return {
    text: search.get("q") ?? "",
    filters: Object.fromEntries(
      FACETS.flatMap((facet) => {
        const values = search.getAll(facet).filter((value) => value !== "");
        return values.length > 0 ? [[facet, values]] : [];
      }),
    ),
    sort: isSort(name) ? name : "hostname",
    isDescending: sort.startsWith("-"),
    groupBy: FACETS.find((facet) => facet === group),
  };
}

/** The same back again; what is usual is left out. Other parameters stay. */
export function formatAddress(query: FleetQuery, before: URLSearchParams): URLSearchParams {
  const search = new URLSearchParams(before);
  for (const name of ["q", "sort", "group", ...FACETS]) search.delete(name);
  if (query.text !== "") search.set("q", query.text);
  for (const facet of FACETS) {
    for (const value of query.filters[facet] ?? []) search.append(facet, value);
  }
  const sort = `${query.isDescending ? "-" : ""}${query.sort}`;
  if (sort !== "hostname") search.set("sort", sort);
  if (query.groupBy) search.set("group", query.groupBy);
  return search;
}

/** With this value where it was not, and without it where it was. */
export function toggleFilter(query: FleetQuery, facet: Facet, value: string): FleetQuery {
  const values = query.filters[facet] ?? [];
  const next = values.includes(value)
    ? values.filter((each) => each !== value)
    : [...values, value];
  return { ...query, filters: { ...query.filters, [facet]: next.length > 0 ? next : undefined } };
}

function isSort(name: string): name is Sort {
  return (SORTS as readonly string[]).includes(name);
}
