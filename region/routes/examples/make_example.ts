import { EXAMPLE_MOMENT, EXAMPLE_VALUES } from "./values.ts";

/** As much of the document's schemas as is read here. */
export interface ExampleSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: ExampleSchema;
  readonly properties?: Readonly<Record<string, ExampleSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: ExampleSchema | boolean;
  readonly anyOf?: readonly ExampleSchema[];
  readonly oneOf?: readonly ExampleSchema[];
  readonly allOf?: readonly ExampleSchema[];
}

/** A request shows what must be in it, an answer all that it may have. */
export type ExampleKind = "request" | "answer";

/** Deeper than any body; a schema that holds itself ends here. */
const DEPTH_MAX = 8;

/** A value that fits the schema, as far as names tell; `name` is that of the field. */
export function makeExample(
  schema: ExampleSchema,
  kind: ExampleKind,
  name = "",
  depth = 0,
): unknown {
  const given = schema.example ?? schema.examples?.[0];
  if (given !== undefined) return given;
  if (schema.const !== undefined) return schema.const;
  const known = Object.hasOwn(EXAMPLE_VALUES, name) ? EXAMPLE_VALUES[name] ?? [] : [];
  if (schema.enum) return known.find((each) => schema.enum?.includes(each)) ?? schema.enum[0];
  const branch = branchOf(schema);
  if (branch) return makeExample(branch, kind, name, depth);
  if (schema.allOf) {
    return Object.assign({}, ...schema.allOf.map((each) => makeExample(each, kind, name, depth)));
  }
  switch (typeOf(schema)) {
    case "object":
      return makeObject(schema, kind, depth);
    case "array":
      return depth > DEPTH_MAX || !schema.items
        ? []
        : [makeExample(schema.items, kind, name, depth + 1)];
    case "string":
      return known.find((each) => typeof each === "string" && fits(schema, each)) ??
        text(schema, name);
    case "integer":
    case "number":
      return known.find((each) => typeof each === "number" && isWithin(schema, each)) ??
        Math.max(schema.minimum ?? 1, Math.min(schema.maximum ?? 1, 1));
    case "boolean":
      return true;
    default:
      return null;
  }
}

/** Of alternatives the first that is something. */
function branchOf({ anyOf, oneOf }: ExampleSchema): ExampleSchema | undefined {
  const branches = anyOf ?? oneOf;
  return branches?.find((each) => typeOf(each) !== "null") ?? branches?.[0];
}

function typeOf({ type, properties }: ExampleSchema): string {
  const types = typeof type === "string" ? [type] : type ?? [];
  return types.find((each) => each !== "null") ?? types[0] ?? (properties ? "object" : "null");
}

function makeObject(schema: ExampleSchema, kind: ExampleKind, depth: number): unknown {
  const { properties = {}, required = [], additionalProperties } = schema;
  if (depth > DEPTH_MAX) return {};
  const names = Object.keys(properties);
  const wanted = kind === "answer" ? names : required.length > 0 ? required : names.slice(0, 1);
  const made = wanted.flatMap((name): [string, unknown][] => {
    const property = properties[name];
    return property ? [[name, makeExample(property, kind, name, depth + 1)]] : [];
  });
  if (typeof additionalProperties === "object" && names.length === 0) {
    made.push(["rack", makeExample(additionalProperties, kind, "rack", depth + 1)]);
  }
  return Object.fromEntries(made);
}

function text(schema: ExampleSchema, name: string): string {
  if (schema.format === "date-time" || /At$|^(at|now|since|until)$/.test(name)) {
    return EXAMPLE_MOMENT;
  }
  const plain = name === "id" || name === "" ? "7k2m9q" : name;
  return plain.padEnd(schema.minLength ?? 0, "x").slice(0, schema.maxLength);
}

function fits(schema: ExampleSchema, value: string): boolean {
  const { pattern, minLength = 0, maxLength = Infinity } = schema;
  return value.length >= minLength && value.length <= maxLength &&
    (pattern === undefined || new RegExp(pattern).test(value));
}

function isWithin({ minimum = -Infinity, maximum = Infinity }: ExampleSchema, value: number) {
  return value >= minimum && value <= maximum;
}
