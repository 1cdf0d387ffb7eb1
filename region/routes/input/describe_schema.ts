import { z } from "@hono/zod-openapi";

/** As much of JSON Schema 2020-12 as zod writes. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

const known = new WeakMap<z.ZodType, JsonSchema>();

/** What a schema takes in, as JSON Schema; made once per schema. */
export function inputSchemaOf(schema: z.ZodType): JsonSchema {
  let found = known.get(schema);
  if (!found) {
    // The library's type allows any keyword; ours names the ones that are read here.
    found = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
    known.set(schema, found);
  }
  return found;
}

/** The part of a schema that a path leads to; undefined where it leads nowhere. */
export function schemaAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  let at: JsonSchema | undefined = root;
  for (const key of path) at = at && child(root, at, key);
  return at;
}

function child(root: JsonSchema, schema: JsonSchema, key: PropertyKey): JsonSchema | undefined {
  const { properties, items, additionalProperties, anyOf, oneOf, allOf } = resolve(root, schema);
  if (typeof key === "number" && items) return items;
  const name = String(key);
  if (properties && Object.hasOwn(properties, name)) return properties[name];
  if (typeof additionalProperties === "object") return additionalProperties;
  for (const branch of [...anyOf ?? [], ...oneOf ?? [], ...allOf ?? []]) {
    const found = child(root, branch, key);
    if (found) return found;
  }
  return undefined;
}

function resolve(root: JsonSchema, schema: JsonSchema): JsonSchema {
  if (schema.$ref === undefined) return schema;
  if (schema.$ref === "#") return root;
  return root.$defs?.[schema.$ref.replace(/^#\/\$defs\//, "")] ?? {};
}

const NAMES_SHOWN_MAX = 40;

/** What a schema accepts, in words, such as `text of 1 to 64 characters`. */
export function describeSchema(root: JsonSchema, schema: JsonSchema): string {
  const it = resolve(root, schema);
  const branches = it.anyOf ?? it.oneOf;
  if (branches) {
    return [...new Set(branches.map((each) => describeSchema(root, each)))].join(", or ");
  }
  if (it.const !== undefined) return JSON.stringify(it.const);
  if (it.enum) return `one of ${listNames(it.enum.map(String))}`;
  switch (it.type) {
    case "string":
      return describeText(it);
    case "integer":
    case "number":
      return describeNumber(it);
    case "boolean":
      return "true or false";
    case "null":
      return "null";
    case "array":
      return `a list${bounds(it.minItems, it.maxItems, "items")}`;
    case "object":
      return it.properties
        ? `an object with the fields ${listNames(Object.keys(it.properties)) || "(none)"}`
        : "an object";
    default:
      return "any value";
  }
}

function describeText({ minLength, maxLength, pattern, format }: JsonSchema): string {
  const length = bounds(minLength, maxLength, "characters");
  if (format !== undefined) return `text${length} of the format ${format}`;
  return pattern === undefined ? `text${length}` : `text${length} that matches ${pattern}`;
}

function describeNumber({ type, minimum, maximum }: JsonSchema): string {
  const what = type === "integer" ? "a whole number" : "a number";
  // zod writes the safe integers as bounds of every integer; nobody needs to read that.
  const from = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const to = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (from !== undefined && to !== undefined) return `${what} from ${from} to ${to}`;
  if (from !== undefined) return `${what} of at least ${from}`;
  return to === undefined ? what : `${what} of at most ${to}`;
}

function bounds(min: number | undefined, max: number | undefined, unit: string): string {
  if (min !== undefined && max !== undefined) {
    return min === max ? ` of ${min} ${unit}` : ` of ${min} to ${max} ${unit}`;
  }
  if (min !== undefined) return ` of at least ${min} ${unit}`;
  return max === undefined ? "" : ` of at most ${max} ${unit}`;
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN_MAX).join(", ");
  return names.length > NAMES_SHOWN_MAX ? `${shown} and others` : shown;
}
