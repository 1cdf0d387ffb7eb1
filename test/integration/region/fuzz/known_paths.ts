import type { Chance } from "./chance.ts";

/**
 * Things inside of things: `/machines/{systemId}/interfaces/{interfaceId}` is of use only with the
 * interface of that very machine, so such paths are remembered whole.
 */
export interface KnownPaths {
  /** Remembers what a served request has shown: `path` as it was sent, `template` as documented. */
  harvest(request: { template: string; path: string }, answer: unknown): void;
  /** A path to something that was seen, for the first two or more parameters of `template`. */
  pick(chance: Chance, template: string): string | undefined;
}

const PATHS_PER_TEMPLATE_MAX = 60;

/** `templates`: every path of the document. */
export function makeKnownPaths(templates: readonly string[]): KnownPaths {
  const items = new Set(
    templates.flatMap((template) =>
      [...template.matchAll(/\/\{\w+\}/g)].map((match) =>
        template.slice(0, match.index + match[0].length)
      )
    ),
  );
  const byTemplate = new Map<string, string[]>();
  const itemOf = (collection: string) =>
    [...items].find((item) => item.replace(/\/\{\w+\}$/, "") === collection);

  function add(template: string, path: string): void {
    const paths = byTemplate.get(template) ?? [];
    byTemplate.set(template, paths);
    if (paths.includes(path)) return;
    paths.push(path);
    if (paths.length > PATHS_PER_TEMPLATE_MAX) paths.shift();
  }

  function walk(template: string, path: string, value: object): void {
    add(template, path);
    for (const [name, each] of Object.entries(value)) {
      if (Array.isArray(each)) walkItems(`${template}/${name}`, `${path}/${name}`, each);
    }
  }

  function walkItems(collection: string, path: string, values: readonly unknown[]): void {
    const item = itemOf(collection);
    if (!item) return;
    for (const value of values.slice(0, 20)) {
      if (typeof value !== "object" || value === null || !("id" in value)) continue;
      walk(item, `${path}/${value.id}`, value);
    }
  }

  return {
    harvest: ({ template, path: sent }, answer) => {
      const [path = ""] = sent.split("?");
      if (typeof answer !== "object" || answer === null) return;
      if (items.has(template)) return walk(template, path, answer);
      const listed: unknown = Reflect.get(answer, template.split("/").at(-1) ?? "");
      walkItems(template, path, Array.isArray(listed) ? listed : [answer]);
    },
    pick: (chance, template) => {
      const [inner] = [...byTemplate.keys()]
        .filter((item) => template.startsWith(item) && /\}.*\}/.test(item))
        .toSorted((a, b) => b.length - a.length);
      const path = inner && chance.pick(byTemplate.get(inner) ?? []);
      return path === undefined ? undefined : path + template.slice(inner?.length);
    },
  };
}
