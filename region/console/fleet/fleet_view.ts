import { MACHINE_STATUSES } from "@/shared/machine/lifecycle.ts";
import type { FleetMachine } from "./fleet.ts";

/** What the list can be narrowed, ordered and grouped by. */
export const FACETS = ["status", "site", "zone", "pool", "tag", "owner", "power"] as const;
export type Facet = typeof FACETS[number];
export const SORTS = [
  "hostname",
  "status",
  "since",
  "power",
  "site",
  "zone",
  "pool",
  "owner",
  "architecture",
  "cpu",
  "memory",
  "storage",
] as const;
export type Sort = typeof SORTS[number];
/** Whose machine it is when it is nobody's. */
export const NOBODY = "nobody";

export interface FleetQuery {
  readonly text: string;
  readonly filters: Readonly<Partial<Record<Facet, readonly string[]>>>;
  readonly sort: Sort;
  readonly isDescending: boolean;
  readonly groupBy: Facet | undefined;
  /** Machines that are meant besides those whose own text has it, such as by an IP address. */
  readonly alsoIds?: ReadonlySet<string>;
}

/** What the table shows, from top to bottom. */
export type FleetRow =
  | { readonly kind: "machine"; readonly machine: FleetMachine }
  | { readonly kind: "group"; readonly value: string; readonly count: number };

export interface FleetView {
  readonly rows: readonly FleetRow[];
  /** Those that fit, in the order of the rows, also where their group is closed. */
  readonly machines: readonly FleetMachine[];
}

/** The values of a machine in a facet; a machine has many tags, and one of all else. */
export function valuesOf(machine: FleetMachine, facet: Facet): readonly string[] {
  switch (facet) {
    case "status":
      return [machine.status];
    case "site":
      return [machine.siteId];
    case "zone":
      return [machine.zone];
    case "pool":
      return [machine.pool];
    case "tag":
      return machine.tags;
    case "owner":
      return [machine.owner ?? NOBODY];
    case "power":
      return [machine.power.state];
  }
}

/** The machines that fit, in their order and in groups; `sorted` as `sortFleet` gives them. */
export function viewFleet(
  sorted: Iterable<FleetMachine>,
  query: FleetQuery,
  closed: ReadonlySet<string> = new Set(),
): FleetView {
  const fitting = filterFleet(sorted, query);
  if (query.groupBy === undefined) {
    return { rows: fitting.map((machine) => ({ kind: "machine", machine })), machines: fitting };
  }
  const rows: FleetRow[] = [];
  const machines: FleetMachine[] = [];
  for (const [value, members] of groupsOf(fitting, query.groupBy)) {
    rows.push({ kind: "group", value, count: members.length });
    machines.push(...members);
    if (closed.has(value)) continue;
    for (const machine of members) rows.push({ kind: "machine", machine });
  }
  return { rows, machines: query.groupBy === "tag" ? [...new Set(machines)] : machines };
}

/** How many of the machines that fit all other filters have each value of this one. */
export function countValues(
  all: Iterable<FleetMachine>,
  query: FleetQuery,
  facet: Facet,
): Map<string, number> {
  const filters = { ...query.filters, [facet]: undefined };
  const counts = new Map<string, number>();
  for (const machine of filterFleet(all, { ...query, filters })) {
    for (const value of valuesOf(machine, facet)) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  return counts;
}

function filterFleet(all: Iterable<FleetMachine>, query: FleetQuery): FleetMachine[] {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  const tests = FACETS.flatMap((facet) => {
    const wanted = query.filters[facet];
    return wanted && wanted.length > 0 ? [{ facet, wanted: new Set(wanted) }] : [];
  });
  const fitting: FleetMachine[] = [];
  for (const machine of all) {
    if (!tests.every(({ facet, wanted }) => fits(machine, facet, wanted))) continue;
    if (words.length > 0) {
      const text = searchText(machine);
      const isFound = words.every((word) => text.includes(word)) ||
        query.alsoIds?.has(machine.systemId) === true;
      if (!isFound) continue;
    }
    fitting.push(machine);
  }
  return fitting;
}

function fits(machine: FleetMachine, facet: Facet, wanted: ReadonlySet<string>): boolean {
  // All of the tags that are named; any of the values of what a machine has one of.
  if (facet === "tag") return [...wanted].every((tag) => machine.tags.includes(tag));
  return valuesOf(machine, facet).some((value) => wanted.has(value));
}

/** Made once a machine: it is read anew as another object. */
const searchTexts = new WeakMap<FleetMachine, string>();

function searchText(machine: FleetMachine): string {
  let text = searchTexts.get(machine);
  if (text === undefined) {
    const { hostname, systemId, macs, tags, description, owner, zone, pool, bmc } = machine;
    const parts = [hostname, systemId, ...macs, ...tags, description, owner, zone, pool];
    text = [...parts, bmc?.address, machine.status, machine.failure?.message].join("\n")
      .toLowerCase();
    searchTexts.set(machine, text);
  }
  return text;
}

const naturalKeys = new WeakMap<FleetMachine, string>();
const NUMBER_DIGITS = 12;

/** Orders node-2 before node-10. */
function naturalKey(machine: FleetMachine): string {
  let key = naturalKeys.get(machine);
  if (key === undefined) {
    key = machine.hostname.replaceAll(/\d+/g, (digits) => digits.padStart(NUMBER_DIGITS, "0"));
    naturalKeys.set(machine, key);
  }
  return key;
}

const STATUS_PLACES = new Map<string, number>(MACHINE_STATUSES.map((status, i) => [status, i]));

function sortKey(machine: FleetMachine, sort: Sort): string | number {
  switch (sort) {
    case "hostname":
      return naturalKey(machine);
    case "status":
      return STATUS_PLACES.get(machine.status) ?? 0;
    case "since":
      return -Date.parse(machine.statusChangedAt);
    case "power":
      return machine.power.state;
    case "site":
      return machine.siteId;
    case "zone":
      return machine.zone;
    case "pool":
      return machine.pool;
    case "owner":
      return machine.owner ?? "\uffff";
    case "architecture":
      return machine.architecture;
    case "cpu":
      return machine.cpuCount;
    case "memory":
      return machine.memoryMib;
    case "storage":
      return machine.storageBytes;
  }
}

/**
 * By the key, and by name where it is the same.
 *
 * Given in about the order of before, as after some of thousands have changed, it takes no longer than
 * looking at each: so the list is not sorted anew for every letter of a search and every event.
 */
export function sortFleet(
  machines: Iterable<FleetMachine>,
  { sort, isDescending }: Pick<FleetQuery, "sort" | "isDescending">,
): FleetMachine[] {
  const keyed = Array.from(machines, (machine) => ({ machine, key: sortKey(machine, sort) }));
  const sign = isDescending ? -1 : 1;
  const isByName = sort === "hostname";
  keyed.sort((a, b) => {
    if (a.key !== b.key) return a.key < b.key ? -sign : sign;
    if (isByName) return 0;
    const [nameA, nameB] = [naturalKey(a.machine), naturalKey(b.machine)];
    return nameA < nameB ? -1 : nameA > nameB ? 1 : 0;
  });
  return keyed.map(({ machine }) => machine);
}

const UNTAGGED = "";

function groupsOf(machines: readonly FleetMachine[], facet: Facet): [string, FleetMachine[]][] {
  const groups = new Map<string, FleetMachine[]>();
  for (const machine of machines) {
    const values = valuesOf(machine, facet);
    for (const value of values.length > 0 ? values : [UNTAGGED]) {
      const members = groups.get(value);
      if (members) members.push(machine);
      else groups.set(value, [machine]);
    }
  }
  const place = (value: string) => STATUS_PLACES.get(value) ?? 0;
  return [...groups].sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1));
}
