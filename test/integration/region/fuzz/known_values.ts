import type { Chance } from "./chance.ts";

/** Values seen in answers, by the name of the field or path parameter that takes them. */
export interface KnownValues {
  add(name: string, value: unknown): void;
  /** Undefined when none was seen. */
  pick(chance: Chance, name: string): unknown;
}

/** Old values stay useful (things that are gone), new ones matter more. */
const VALUES_PER_NAME_MAX = 60;

export function makeKnownValues(): KnownValues {
  const byName = new Map<string, unknown[]>();
  return {
    add(name, value) {
      const values = byName.get(name) ?? [];
      byName.set(name, values);
      if (values.includes(value)) return;
      values.push(value);
      if (values.length > VALUES_PER_NAME_MAX) values.shift();
    },
    pick(chance, name) {
      const values = byName.get(name);
      return values?.length ? chance.pick(values) : undefined;
    },
  };
}

/** The parameter that names one thing of a collection: `/api/v1/ip-ranges` → `rangeId`. */
export function parametersByCollection(paths: readonly string[]): Map<string, string> {
  return new Map(
    paths.flatMap((path) =>
      [...path.matchAll(/^(.*?)\/\{(\w+)\}/g), ...path.matchAll(/^(.*)\/\{(\w+)\}/g)]
        .map(([, collection = "", name = ""]): [string, string] => [collection, name])
    ),
  );
}

const DEPTH_MAX = 6;

/**
 * Remembers what an answer names: fields whose name ends in `Id`, names and versions everywhere, and
 * the `id` of things of a collection under the name that the paths give it.
 */
export function harvest(known: KnownValues, answer: unknown, ownName: string | undefined): void {
  walk(answer, 0);

  function walk(value: unknown, depth: number): void {
    if (depth > DEPTH_MAX || typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) return value.slice(0, 20).forEach((each) => walk(each, depth + 1));
    for (const [name, each] of Object.entries(value)) {
      const isPlain = typeof each === "string" || typeof each === "number";
      if (isPlain && /(Id|^name|^mac|^hostname|ipv4|^cidr|[cC]ursor)$/.test(name)) {
        known.add(name === "nextCursor" ? "cursor" : name, each);
      }
      if (isPlain && ownName && (name === "id" || name === ownName)) known.add(ownName, each);
      walk(each, depth + 1);
    }
  }
}
