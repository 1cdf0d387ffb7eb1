import { z } from "@hono/zod-openapi";

/** `null`: the whole value; otherwise what to keep of it. */
export type FieldTree = ReadonlyMap<string, FieldTree | null>;

/** Every path that `?fields=` takes for this resource, such as `power` and `power.state`. */
export function acceptedPaths(item: z.ZodObject): string[] {
  return Object.entries(item.shape).flatMap(([name, schema]) => {
    const inner = objectWithin(schema);
    return [name, ...(inner ? acceptedPaths(inner).map((path) => `${name}.${path}`) : [])];
  });
}

/** The paths of `a,b.c` as a tree; `unknown` is the first that is not accepted. */
export function parsePaths(
  text: string,
  accepted: readonly string[],
): { paths: FieldTree; unknown?: string } {
  const asked = text.split(",");
  const unknown = asked.find((path) => !accepted.includes(path));
  return { paths: treeOf(asked.map((path) => path.split("."))), unknown };
}

/**
 * The resource with only the fields that were asked for; of a list in it, each item's.
 *
 * It keeps its type, for who asks for less knows what it asked for.
 */
export function pick<T>(value: T, fields: FieldTree | undefined): T {
  if (!fields) return value;
  // Only fields that the caller left out are missing from what comes back.
  return pickFrom(value, fields) as T;
}

function pickFrom(value: unknown, fields: FieldTree): unknown {
  if (Array.isArray(value)) return value.map((each) => pickFrom(each, fields));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const kept = fields.get(name);
      if (kept === undefined) return [];
      return [[name, kept === null ? inner : pickFrom(inner, kept)]];
    }),
  );
}

function treeOf(paths: readonly (readonly string[])[]): FieldTree {
  const names = new Set(paths.map(([name = ""]) => name));
  return new Map([...names].map((name) => {
    const below = paths.filter(([first]) => first === name).map((path) => path.slice(1));
    return [name, below.some((path) => path.length === 0) ? null : treeOf(below)];
  }));
}

function objectWithin(schema: unknown): z.ZodObject | undefined {
  if (schema instanceof z.ZodObject) return schema;
  if (schema instanceof z.ZodArray) return objectWithin(schema.element);
  const wrapped = schema instanceof z.ZodNullable || schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault;
  return wrapped ? objectWithin(schema.unwrap()) : undefined;
}
